#include "join/lane.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace streamhost::join {
namespace {

std::vector<std::string> texts(std::span<const Lane::Entry> entries) {
  std::vector<std::string> result;
  for (const Lane::Entry& e : entries) result.emplace_back(e.json());
  return result;
}

TEST(Lane, KeepsTheOrderOfTimeAndThenOfArrival) {
  Lane lane;
  lane.add(5, "a", false);
  lane.add(3, "b", true);
  lane.add(5, "c", false);
  lane.add(4, "", false);
  EXPECT_EQ(texts(lane.all()), (std::vector<std::string>{"b", "", "a", "c"}));
  EXPECT_TRUE(lane.front().matched);
}

TEST(Lane, BothEndsOfARangeAreInclusive) {
  Lane lane;
  for (const int64_t t : {1, 2, 3, 4}) lane.add(t, std::to_string(t), false);
  EXPECT_EQ(texts(lane.between(2, 3)), (std::vector<std::string>{"2", "3"}));
  EXPECT_TRUE(lane.between(5, 9).empty());
  EXPECT_TRUE(lane.between(3, 2).empty());
  EXPECT_EQ(lane.between(INT64_MIN, INT64_MAX).size(), 4u);
}

TEST(Lane, GivesMemoryBackWhileItIsNeverEmpty) {
  Lane lane;
  for (int64_t t = 0; t < 10'000; ++t) lane.add(t, "", false);
  while (lane.size() > 10) lane.pop();
  EXPECT_LT(lane.capacity(), 1000u);
  EXPECT_EQ(lane.front().time_us, 9990);
}

TEST(Lane, AgreesWithASlowModel) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    Lane lane;
    std::vector<std::pair<int64_t, std::string>> model;
    for (int step = 0; step < 400; ++step) {
      if (random() % 5 < 2 && !model.empty()) {
        EXPECT_EQ(lane.front().json(), model.front().second);
        lane.pop();
        model.erase(model.begin());
      } else {
        const auto time = static_cast<int64_t>(random() % 50);
        const std::string text = std::to_string(step);
        lane.add(time, text, false);
        model.insert(
            std::upper_bound(model.begin(), model.end(), std::pair(time + 1, std::string()),
                             [](const auto& a, const auto& b) { return a < b; }),
            {time, text});
      }
      const auto low = static_cast<int64_t>(random() % 50), high = low + 7;
      std::vector<std::string> expected;
      for (const auto& [time, text] : model) {
        if (time >= low && time <= high) expected.push_back(text);
      }
      ASSERT_EQ(texts(lane.between(low, high)), expected);
      ASSERT_EQ(lane.size(), model.size());
      ASSERT_EQ(lane.empty(), model.empty());
    }
  }
}

}  // namespace
}  // namespace streamhost::join
