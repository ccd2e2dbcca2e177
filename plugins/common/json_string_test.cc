#include "json_string.h"

#include <gtest/gtest.h>

namespace plugin_common {
namespace {

std::string quoted(std::string_view text) {
  std::string to = "x";
  append_json_string(to, text);
  return to.substr(1);
}

TEST(JsonString, EscapesWhatJsonForbids) {
  EXPECT_EQ(quoted("plain"), "\"plain\"");
  EXPECT_EQ(quoted(""), "\"\"");
  EXPECT_EQ(quoted("a\"b\\c\n\r\t\x01\x1f"), R"("a\"b\\c\n\r\t\u0001\u001f")");
  EXPECT_EQ(quoted(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(JsonString, KeepsUtf8AsItIs) {
  EXPECT_EQ(quoted("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
            "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

TEST(JsonString, ReplacesWhatIsNotUtf8) {
  const std::string replaced = "\xef\xbf\xbd";
  EXPECT_EQ(quoted("a\xff"), "\"a" + replaced + "\"");
  EXPECT_EQ(quoted("\xc3"), "\"" + replaced + "\"");
  EXPECT_EQ(quoted("\xc0\x80"), "\"" + replaced + replaced + "\"");
  EXPECT_EQ(quoted("\xed\xa0\x80"), "\"" + replaced + replaced + replaced + "\"");
}

}  // namespace
}  // namespace plugin_common
