#include "canonical.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace streamhost::agg {
namespace {

std::string canonical(std::string_view json) {
  std::string to;
  append_canonical(to, json);
  return to;
}

TEST(Canonical, EqualNumbersBecomeEqualTexts) {
  for (const char* one :
       {"1", "1.0", "1e0", "10e-1", "0.1e1", "1.000000000000000000000", "1E+00"}) {
    EXPECT_EQ(canonical(one), "1") << one;
  }
  for (const char* zero : {"0", "-0", "0.0", "-0.00e5", "0e999999999999999999999"}) {
    EXPECT_EQ(canonical(zero), "0") << zero;
  }
  EXPECT_EQ(canonical("-12.50"), "-12.5");
  EXPECT_EQ(canonical("120"), "120");
  EXPECT_EQ(canonical("1.2e3"), "1200");
  EXPECT_EQ(canonical("0.00012"), "0.00012");
  EXPECT_EQ(canonical("0.00000012"), "1.2e-7");
  EXPECT_EQ(canonical("1e20"), "100000000000000000000");
  EXPECT_EQ(canonical("1e21"), "1e21");
  EXPECT_EQ(canonical("12345e400"), "1.2345e404");
}

TEST(Canonical, NumbersBeyondAnyTypeStayApart) {
  EXPECT_EQ(canonical("18446744073709551616"), "18446744073709551616");
  EXPECT_EQ(canonical("18446744073709551617"), "18446744073709551617");
  EXPECT_EQ(canonical("1e99999999999999999999"), "1e99999999999999999999");
}

TEST(Canonical, StringsHaveTheFewestEscapes) {
  EXPECT_EQ(canonical(R"("\u0061\/b")"), R"("a/b")");
  EXPECT_EQ(canonical(R"("\u00e9")"), "\"é\"");
  EXPECT_EQ(canonical(R"("\n")"), R"("\n")");
  EXPECT_EQ(canonical(R"("\u000a")"), R"("\n")");
  EXPECT_EQ(canonical(canonical(R"("\u0001\"")")), R"("\u0001\"")");
}

TEST(Canonical, OtherValuesStay) {
  for (const char* json : {"true", "null", "[1.0]", "{\"a\": 1}"}) EXPECT_EQ(canonical(json), json);
}

TEST(JsonLess, OrdersNumbersByValueAndKindsApart) {
  const std::vector<std::string> ordered = {"\"10\"",     "\"9\"", "-1e99999999999999999999",
                                            "-1e400",     "-10",   "-9.5",
                                            "-9",         "-0.5",  "0",
                                            "1e-400",     "0.25",  "1",
                                            "1.5",        "9",     "10",
                                            "1000000000", "1e400", "[1]",
                                            "false",      "null",  "true",
                                            "{}"};
  for (size_t i = 0; i < ordered.size(); ++i) {
    for (size_t k = 0; k < ordered.size(); ++k) {
      EXPECT_EQ(json_less(ordered[i], ordered[k]), i < k) << ordered[i] << " and " << ordered[k];
    }
  }
}

}  // namespace
}  // namespace streamhost::agg
