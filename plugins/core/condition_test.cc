#include "condition.h"

#include <gtest/gtest.h>

#include "common/test_host.h"

namespace streamhost::core {
namespace {

using json::Kind;
using plugin_common::TestHost;
using plugin_common::TestOptions;

std::string error_of(const TestOptions& options) {
  TestHost host;
  host.options = options;
  try {
    const Condition condition(host.config());
    return "(none)";
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), SH_E_CONFIG);
    return e.what();
  }
}

bool holds(const TestOptions& options, Kind kind, std::string_view text) {
  TestHost host;
  host.options = options;
  return Condition(host.config()).holds({kind, text});
}

TEST(Condition, BoundsAreExactWithin64Bits) {
  const TestOptions bound{{"at_least", {"9007199254740993"}}};
  EXPECT_TRUE(holds(bound, Kind::kNumber, "9007199254740993"));
  EXPECT_FALSE(holds(bound, Kind::kNumber, "9007199254740992"));
  EXPECT_FALSE(holds({{"less", {"9007199254740993"}}}, Kind::kNumber, "9007199254740993"));
  EXPECT_TRUE(holds({{"less", {"1.5"}}}, Kind::kNumber, "1.25"));
}

TEST(Condition, EqualsLooksAtKindAndValue) {
  EXPECT_TRUE(holds({{"equals", {"\"a\\u0062\""}}}, Kind::kString, "ab"));
  EXPECT_FALSE(holds({{"equals", {"\"a\""}}}, Kind::kString, "A"));
  EXPECT_TRUE(holds({{"equals", {"1"}}}, Kind::kNumber, "1.0"));
  EXPECT_TRUE(holds({{"equals", {"9007199254740993"}}}, Kind::kNumber, "9007199254740993"));
  EXPECT_FALSE(holds({{"equals", {"9007199254740993"}}}, Kind::kNumber, "9007199254740992"));
  EXPECT_FALSE(holds({{"equals", {"1"}}}, Kind::kString, "1"));
  EXPECT_FALSE(holds({{"equals", {"\"1\""}}}, Kind::kNumber, "1"));
  EXPECT_TRUE(holds({{"equals", {"true"}}}, Kind::kBool, "true"));
  EXPECT_FALSE(holds({{"equals", {"true"}}}, Kind::kBool, "false"));
  EXPECT_FALSE(holds({{"equals", {"\"\""}}}, Kind::kNull, "null"));
  EXPECT_FALSE(holds({{"equals", {"\"\""}}}, Kind::kMissing, ""));
}

TEST(Condition, InLooksForOneOfSeveral) {
  const TestOptions in{{"in", {"a", "2", "true"}}};
  EXPECT_TRUE(holds(in, Kind::kString, "a"));
  EXPECT_TRUE(holds(in, Kind::kString, "2"));
  EXPECT_TRUE(holds(in, Kind::kNumber, "2.0"));
  EXPECT_TRUE(holds(in, Kind::kBool, "true"));
  EXPECT_FALSE(holds(in, Kind::kString, "b"));
  EXPECT_FALSE(holds(in, Kind::kNumber, "3"));
  EXPECT_FALSE(holds({{"in", {"{}"}}}, Kind::kObject, "{}"));
}

TEST(Condition, MatchesLooksForAPartOfTheText) {
  const TestOptions matches{{"matches", {"^4\\d\\d$|rror"}}};
  EXPECT_TRUE(holds(matches, Kind::kString, "an error"));
  EXPECT_TRUE(holds(matches, Kind::kNumber, "404"));
  EXPECT_FALSE(holds(matches, Kind::kNumber, "4040"));
  EXPECT_FALSE(holds(matches, Kind::kMissing, ""));
  EXPECT_FALSE(holds({{"matches", {"null"}}}, Kind::kNull, "null"));
}

TEST(Condition, BoundsTogetherAreARange) {
  const TestOptions range{{"greater", {"1"}}, {"at_most", {"2.5"}}};
  EXPECT_FALSE(holds(range, Kind::kNumber, "1"));
  EXPECT_TRUE(holds(range, Kind::kNumber, "1.5"));
  EXPECT_TRUE(holds(range, Kind::kNumber, "2.5"));
  EXPECT_FALSE(holds(range, Kind::kNumber, "3"));
  EXPECT_FALSE(holds(range, Kind::kString, "2"));
  EXPECT_FALSE(holds(range, Kind::kMissing, ""));
  EXPECT_TRUE(holds({{"less", {"0"}}}, Kind::kNumber, "-1e400"));
  EXPECT_FALSE(holds({{"less", {"0"}}}, Kind::kNumber, "0"));
  EXPECT_TRUE(holds({{"at_least", {"0"}}}, Kind::kNumber, "-0.0"));
}

TEST(Condition, ExistsAsksForAnythingButNull) {
  EXPECT_TRUE(holds({{"exists", {"true"}}}, Kind::kObject, "{}"));
  EXPECT_FALSE(holds({{"exists", {"true"}}}, Kind::kNull, "null"));
  EXPECT_FALSE(holds({{"exists", {"true"}}}, Kind::kMissing, ""));
  EXPECT_TRUE(holds({{"exists", {"false"}}}, Kind::kMissing, ""));
  EXPECT_FALSE(holds({{"exists", {"false"}}}, Kind::kString, ""));
}

TEST(Condition, ExactlyOneKindMustBeGiven) {
  EXPECT_EQ(
      error_of({}),
      "no condition is given: say equals, in, matches, exists, or less, greater, at_least and "
      "at_most");
  EXPECT_EQ(error_of({{"exists", {"true"}}, {"less", {"1"}}}),
            "more than one condition is given: say one of equals, in, matches, exists, or less, "
            "greater, at_least and at_most; for several put one such step behind another");
  EXPECT_EQ(error_of({{"less", {"1"}}, {"greater", {"0"}}}), "(none)");
}

TEST(Condition, WhatCannotHoldIsRefused) {
  EXPECT_EQ(error_of({{"matches", {"(a"}}}),
            "option \"matches\": \"(a\" is not a valid regular expression: missing ): (a");
  EXPECT_EQ(error_of({{"less", {"nan"}}}), "option \"less\" must be a number, not nan");
  EXPECT_EQ(error_of({{"less", {"\"1\""}}}), "option \"less\" must be a number, not \"1\"");
  EXPECT_EQ(error_of({{"equals", {"nan"}}}), "option \"equals\": nothing is equal to nan");
}

}  // namespace
}  // namespace streamhost::core
