#include "engine/timers.h"

#include <gtest/gtest.h>

namespace streamhost {
namespace {

std::vector<uint64_t> due(Timers& timers, int64_t now_us, size_t most = 100) {
  std::vector<Timers::Due> found;
  timers.take_due(now_us, most, found);
  std::vector<uint64_t> tags;
  for (const auto& d : found) tags.push_back(d.tag);
  return tags;
}

TEST(Timers, AreDueOldestFirstAndOnce) {
  Timers timers;
  int a = 0, b = 0;
  timers.set(&a, 30, 1);
  timers.set(&b, 10, 2);
  timers.set(&a, 20, 3);
  EXPECT_EQ(timers.next(), 10);
  EXPECT_EQ(due(timers, 9), std::vector<uint64_t>{});
  EXPECT_EQ(due(timers, 20), (std::vector<uint64_t>{2, 3}));
  EXPECT_EQ(due(timers, 100), std::vector<uint64_t>{1});
  EXPECT_TRUE(timers.empty());
}

TEST(Timers, OfOneStateAreNeverTakenTogether) {
  Timers timers;
  int a = 0, b = 0;
  timers.set(&a, 10, 1);
  timers.set(&b, 11, 2);
  timers.set(&a, 12, 3);
  EXPECT_EQ(due(timers, 100), (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(due(timers, 100), std::vector<uint64_t>{3});
}

TEST(Timers, MoveWhenTheyAreSetAgainWithTheSameTag) {
  Timers timers;
  int a = 0;
  timers.set(&a, 10, 7);
  timers.set(&a, 50, 7);
  EXPECT_EQ(timers.next(), 50);
  timers.set(&a, 5, 7);
  EXPECT_EQ(due(timers, 100), std::vector<uint64_t>{7});
}

TEST(Timers, AreClearedOneByOneOrAllOfAState) {
  Timers timers;
  int a = 0, b = 0;
  timers.set(&a, 10, 1);
  timers.set(&a, 20, 2);
  timers.set(&b, 30, 3);
  timers.clear(&a, 1);
  timers.clear(&a, 99);
  EXPECT_EQ(timers.next(), 20);
  timers.clear_all(&a);
  EXPECT_EQ(due(timers, 100), std::vector<uint64_t>{3});
  timers.clear_all(&b);
  EXPECT_FALSE(timers.next().has_value());
}

TEST(Timers, AreTakenInLots) {
  Timers timers;
  int states[10] = {};
  for (uint64_t tag = 0; tag < 10; ++tag) timers.set(&states[tag], static_cast<int64_t>(tag), tag);
  EXPECT_EQ(due(timers, 100, 4), (std::vector<uint64_t>{0, 1, 2, 3}));
  EXPECT_EQ(due(timers, 100, 100).size(), 6u);
}

}  // namespace
}  // namespace streamhost
