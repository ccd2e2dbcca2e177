#include "cluster/gatherings.h"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

namespace streamhost::cluster {
namespace {

using Strings = std::vector<std::string>;

TEST(Gatherings, WaitUntilAllHaveHandedIn) {
  Gatherings all(2);
  auto waiting = std::async(std::launch::async, [&] { return all.wait(); });
  EXPECT_TRUE(all.hand_in(0, 0, "a"));
  EXPECT_EQ(all.missing(), (std::vector<uint32_t>{1}));
  EXPECT_TRUE(all.hand_in(1, 0, "b"));
  EXPECT_EQ(*waiting.get(), (Strings{"a", "b"}));
}

TEST(Gatherings, OneMayBeAheadByOne) {
  Gatherings all(2);
  EXPECT_TRUE(all.hand_in(0, 0, "a"));
  EXPECT_TRUE(all.hand_in(0, 1, "c"));
  EXPECT_FALSE(all.hand_in(0, 2, "e")) << "it would need what the other has not handed in";
  EXPECT_TRUE(all.hand_in(1, 0, "b"));
  EXPECT_EQ(*all.wait(), (Strings{"a", "b"}));
  EXPECT_TRUE(all.hand_in(1, 1, "d"));
  EXPECT_EQ(*all.wait(), (Strings{"c", "d"}));
}

TEST(Gatherings, ANumberOutOfTurnIsRefused) {
  Gatherings all(2);
  EXPECT_FALSE(all.hand_in(0, 1, "a"));
  EXPECT_TRUE(all.hand_in(0, 0, "a"));
  EXPECT_FALSE(all.hand_in(0, 0, "a"));
}

TEST(Gatherings, TheEndEndsWaiting) {
  Gatherings all(2);
  auto waiting = std::async(std::launch::async, [&] { return all.wait(); });
  all.end({Code::kLost, "gone"});
  EXPECT_EQ(waiting.get().status().message(), "gone");
  EXPECT_EQ(all.wait().status().code(), Code::kLost) << "later, too";
}

TEST(Gatherings, WhatAllHaveHandedInCountsEvenAtTheEnd) {
  Gatherings all(2);
  EXPECT_TRUE(all.hand_in(0, 0, "a"));
  EXPECT_TRUE(all.hand_in(1, 0, "b"));
  all.end({Code::kLost, "gone"});
  EXPECT_EQ(*all.wait(), (Strings{"a", "b"}));
  EXPECT_FALSE(all.wait());
}

TEST(Gatherings, OneThatLeftIsNotWaitedFor) {
  Gatherings all(2);
  EXPECT_TRUE(all.hand_in(0, 0, "a"));
  EXPECT_TRUE(all.hand_in(1, 0, "b"));
  all.leave(1, {Code::kLost, "it left"});
  EXPECT_TRUE(all.wait()) << "what it has handed in before counts";
  EXPECT_TRUE(all.hand_in(0, 1, "c"));
  EXPECT_EQ(all.wait().status().message(), "it left");
}

TEST(Gatherings, WhatIsForgottenIsHandedInAgain) {
  Gatherings all(2);
  EXPECT_TRUE(all.hand_in(1, 0, "old"));
  all.forget(1);
  EXPECT_TRUE(all.hand_in(1, 0, "new"));
  EXPECT_TRUE(all.hand_in(0, 0, "a"));
  EXPECT_EQ(*all.wait(), (Strings{"a", "new"}));
}

}  // namespace
}  // namespace streamhost::cluster
