#include "json_number.h"

#include <gtest/gtest.h>

namespace plugin_common {
namespace {

TEST(JsonNumber, FollowsTheGrammar) {
  for (const char* good : {"0", "-0", "7", "120", "1.5", "-0.25", "0.0", "12345678", "123456789",
                           "1e9", "1E+9", "2.5e-3", "-123456789.0123456789", "0e0"}) {
    EXPECT_TRUE(is_json_number(good)) << good;
    EXPECT_TRUE(is_json_number(std::string(good) + "e100") ||
                std::string_view(good).find_first_of("eE") != std::string_view::npos)
        << good;
  }
  for (const char* bad :
       {"",    "-",  ".",  "01",  "-01",  "00.5", "0123456789", "1.",    ".5",  "-.5",      "1e",
        "1e+", "+1", "1x", "NaN", "0x10", "1 ",   " 1",         "1.2.3", "--1", "12345678."}) {
    EXPECT_FALSE(is_json_number(bad)) << bad;
  }
}

}  // namespace
}  // namespace plugin_common
