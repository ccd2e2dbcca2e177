#include "crash/compare.h"

#include <gtest/gtest.h>

namespace streamhost::crash {
namespace {

bool same(std::string_view a, std::string_view b, Order order) {
  return !difference(a, b, order).has_value();
}

TEST(Compare, EqualTextsAreEqualInEveryOrder) {
  for (const Order order : {Order::kExact, Order::kByKey, Order::kLines}) {
    EXPECT_TRUE(same("a\t1\nb\t2\n", "a\t1\nb\t2\n", order));
    EXPECT_TRUE(same("", "", order));
  }
}

TEST(Compare, ExactSeesAnotherOrderAndAMissingNewline) {
  EXPECT_FALSE(same("a\nb\n", "b\na\n", Order::kExact));
  EXPECT_FALSE(same("a\nb\n", "a\nb", Order::kExact));
}

TEST(Compare, ByKeyAllowsKeysToMixButNotTheLinesOfOne) {
  EXPECT_TRUE(same("a\t1\na\t2\nb\t1\n", "b\t1\na\t1\na\t2\n", Order::kByKey));
  EXPECT_TRUE(same("a\t1\nb\t1\na\t2\n", "a\t1\na\t2\nb\t1\n", Order::kByKey));
  EXPECT_FALSE(same("a\t1\na\t2\nb\t1\n", "a\t2\na\t1\nb\t1\n", Order::kByKey));
}

TEST(Compare, LinesAllowsAnyOrder) {
  EXPECT_TRUE(same("a\t1\na\t2\nb\n", "b\na\t2\na\t1\n", Order::kLines));
}

TEST(Compare, ALineTooFewOrTooManyIsFoundAndNamedInEveryOrder) {
  for (const Order order : {Order::kExact, Order::kByKey, Order::kLines}) {
    const auto lost = difference("a\nb\nc\n", "a\nc\n", order);
    ASSERT_TRUE(lost);
    EXPECT_NE(lost->find("1 expected and not found:\n    b\n"), std::string::npos) << *lost;
    const auto twice = difference("a\nb\nc\n", "a\nb\nb\nc\n", order);
    ASSERT_TRUE(twice);
    EXPECT_NE(twice->find("1 found and not expected:\n    b\n"), std::string::npos) << *twice;
  }
}

TEST(Compare, ALineThatIsThereTwiceMustBeThereTwice) {
  EXPECT_FALSE(same("x\nx\ny\n", "x\ny\ny\n", Order::kLines));
  EXPECT_FALSE(same("x\nx\n", "x\n", Order::kLines));
}

TEST(Compare, WhatIsOutOfOrderIsShown) {
  const auto what = difference("k\t1\nk\t2\n", "k\t2\nk\t1\n", Order::kByKey);
  ASSERT_TRUE(what);
  EXPECT_NE(what->find("not in order"), std::string::npos) << *what;
  EXPECT_NE(what->find("  > k\t2"), std::string::npos) << *what;
}

TEST(Compare, FlattenedTakesArraysApartAndLeavesTheRest) {
  EXPECT_EQ(flattened("a\t[1,2,3]\nb\t[4]\nc\tplain\nd\n"),
            "a\t1\na\t2\na\t3\nb\t4\nc\tplain\nd\n");
}

}  // namespace
}  // namespace streamhost::crash
