#include "engine/timers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

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
  EXPECT_EQ(due(timers, 49), std::vector<uint64_t>{});
  EXPECT_EQ(timers.next(), 50);
  timers.set(&a, 5, 7);
  EXPECT_EQ(timers.next(), 5);
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
  EXPECT_EQ(due(timers, 19), std::vector<uint64_t>{});
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

TEST(Timers, SetIntoThePastAreDueAtOnceAndStillOldestFirst) {
  Timers timers;
  int states[4] = {};
  timers.set(&states[0], 1000, 0);
  EXPECT_EQ(due(timers, 1000), std::vector<uint64_t>{0});
  timers.set(&states[1], 900, 1);
  timers.set(&states[2], 1001, 2);
  timers.set(&states[3], 800, 3);
  EXPECT_EQ(due(timers, 1000), (std::vector<uint64_t>{3, 1}));
  EXPECT_EQ(timers.next(), 1001);
}

TEST(Timers, WaitWhenTheClockGoesBack) {
  Timers timers;
  int a = 0, b = 0;
  timers.set(&a, 1000, 1);
  timers.set(&b, 1000, 2);
  EXPECT_EQ(due(timers, 1000, 1).size(), 1u);
  EXPECT_EQ(due(timers, 900), std::vector<uint64_t>{});
  EXPECT_EQ(timers.next(), 1000);
  EXPECT_EQ(due(timers, 1000).size(), 1u);
}

TEST(Timers, ThatAreMovedAgainAndAgainTakeNoMoreMemory) {
  Timers timers;
  std::vector<int> states(1000);
  size_t most = 0;
  for (int64_t round = 0; round < 200; ++round) {
    for (int& state : states) timers.set(&state, 1'000'000 - round, 0);
    most = std::max(most, timers.memory());
  }
  EXPECT_LT(most, states.size() * 200);
  std::vector<Timers::Due> found;
  timers.take_due(INT64_MAX, 2000, found);
  EXPECT_EQ(found.size(), states.size());
  EXPECT_LT(timers.memory(), size_t{1} << 17);
}

// Against a list that is searched through.
TEST(Timers, DoWhatASlowListOfThemDoes) {
  struct One {
    int* state;
    uint64_t tag;
    int64_t at_us;
  };
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](uint64_t n) { return random() % n; };
    std::vector<int> states(1 + below(50));
    const uint64_t tags = 1 + below(3), span = uint64_t{1} << (1 + below(40));
    Timers timers;
    std::vector<One> slow;
    int64_t now = seed % 3 == 0 ? -1'000'000 : 0;
    for (int step = 0; step < 4000; ++step) {
      int* state = &states[below(states.size())];
      const uint64_t tag = below(tags);
      const auto it = std::find_if(slow.begin(), slow.end(),
                                   [&](const One& o) { return o.state == state && o.tag == tag; });
      switch (below(8)) {
        case 0:
          timers.clear(state, tag);
          if (it != slow.end()) slow.erase(it);
          break;
        case 1:
          timers.clear_all(state);
          std::erase_if(slow, [&](const One& o) { return o.state == state; });
          break;
        case 2: {
          now += static_cast<int64_t>(below(span));
          std::vector<Timers::Due> found;
          const size_t most = 1 + below(60);
          timers.take_due(now, most, found);
          std::sort(slow.begin(), slow.end(),
                    [](const One& x, const One& y) { return x.at_us < y.at_us; });
          size_t due = 0;
          std::set<int*> seen;
          while (due < slow.size() && slow[due].at_us <= now) ++due;
          ASSERT_LE(found.size(), std::min(due, most));
          ASSERT_EQ(found.empty(), due == 0) << "seed " << seed;
          for (size_t i = 0; i < found.size(); ++i) {
            ASSERT_EQ(found[i].at_us, slow[i].at_us) << "seed " << seed;
            ASSERT_TRUE(seen.insert(static_cast<int*>(found[i].state)).second);
          }
          for (const Timers::Due& d : found) {
            const auto gone = std::find_if(slow.begin(), slow.end(), [&](const One& o) {
              return o.state == d.state && o.tag == d.tag && o.at_us == d.at_us;
            });
            ASSERT_NE(gone, slow.end()) << "seed " << seed;
            slow.erase(gone);
          }
          break;
        }
        default: {
          const int64_t at =
              now + static_cast<int64_t>(below(span)) - static_cast<int64_t>(span / 8);
          timers.set(state, at, tag);
          if (it != slow.end()) {
            it->at_us = at;
          } else {
            slow.push_back({state, tag, at});
          }
        }
      }
      ASSERT_EQ(timers.size(), slow.size());
      ASSERT_EQ(timers.empty(), slow.empty());
      if (!slow.empty()) {
        const auto least = std::min_element(
            slow.begin(), slow.end(), [](const One& x, const One& y) { return x.at_us < y.at_us; });
        ASSERT_LE(*timers.next(), least->at_us) << "seed " << seed;
      }
      std::vector<Timers::Set> sets;
      timers.append_to(sets, state);
      const auto count =
          std::count_if(slow.begin(), slow.end(), [&](const One& o) { return o.state == state; });
      ASSERT_EQ(static_cast<std::ptrdiff_t>(sets.size()), count);
    }
  }
}

}  // namespace
}  // namespace streamhost
