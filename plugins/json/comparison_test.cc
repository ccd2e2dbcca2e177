#include "comparison.h"

#include <gtest/gtest.h>

#include <streamhost/sdk.hpp>

namespace streamhost::json {
namespace {

bool passes(const char* op, const std::string& value, Field field) {
  return Comparison(op, &value).passes(field);
}
Field number(const char* text) { return {Kind::kNumber, text}; }
Field string(const char* text) { return {Kind::kString, text}; }

std::string refusal(const char* op, const char* value) {
  const std::string text = value == nullptr ? "" : value;
  try {
    Comparison(op, value == nullptr ? nullptr : &text);
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), SH_E_CONFIG);
    return e.what();
  }
  return "";
}

TEST(JsonComparison, OfNumbersIsByValue) {
  EXPECT_TRUE(passes("==", "1", number("1.0")));
  EXPECT_TRUE(passes("<", "10", number("9")));
  EXPECT_FALSE(passes("<", "10", number("10")));
  EXPECT_TRUE(passes("<=", "10", number("10")));
  EXPECT_TRUE(passes(">", "-0.5", number("0")));
  EXPECT_TRUE(passes(">=", "3", number("3")));
  EXPECT_TRUE(passes("!=", "3", number("4")));
}

TEST(JsonComparison, OfStringsIsByteByByteAfterUnescaping) {
  EXPECT_TRUE(passes("==", "\"a\\\"b\"", string("a\\u0022b")));
  EXPECT_TRUE(passes("<", "\"b\"", string("a")));
  EXPECT_TRUE(passes("contains", "\"ell\"", string("hello")));
  EXPECT_TRUE(passes("starts_with", "\"he\"", string("hello")));
  EXPECT_FALSE(passes("starts_with", "\"lo\"", string("hello")));
  EXPECT_TRUE(passes("ends_with", "\"lo\"", string("hello")));
}

TEST(JsonComparison, WithAnotherTypeIsUnequalAndNothingElse) {
  EXPECT_TRUE(passes("!=", "1", string("1")));
  EXPECT_FALSE(passes("==", "1", string("1")));
  EXPECT_FALSE(passes("<", "1", string("0")));
}

TEST(JsonComparison, NeverPassesWhatIsMissingOrNull) {
  EXPECT_FALSE(passes("!=", "1", {}));
  EXPECT_FALSE(passes("!=", "1", {Kind::kNull, "null"}));
  Comparison exists("exists", nullptr);
  EXPECT_FALSE(exists.passes({}));
  EXPECT_FALSE(exists.passes({Kind::kNull, "null"}));
  EXPECT_TRUE(exists.passes({Kind::kBool, "false"}));
}

TEST(JsonComparison, OfBoolsIsForEqualityOnly) {
  EXPECT_TRUE(passes("==", "true", {Kind::kBool, "true"}));
  EXPECT_TRUE(passes("!=", "true", {Kind::kBool, "false"}));
  EXPECT_NE(refusal("<", "true").find("== and != only"), std::string::npos);
}

TEST(JsonComparison, RefusesOptionsThatDoNotFit) {
  EXPECT_NE(refusal("==", nullptr).find("option \"value\" is missing"), std::string::npos);
  EXPECT_NE(refusal("exists", "1").find("takes no value"), std::string::npos);
  EXPECT_NE(refusal("contains", "1").find("needs a string"), std::string::npos);
}

}  // namespace
}  // namespace streamhost::json
