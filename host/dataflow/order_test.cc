#include "dataflow/order.h"

#include <gtest/gtest.h>

#include <random>

namespace streamhost {
namespace {

using Steps = std::vector<uint32_t>;

TEST(Order, NoStepsHaveAnOrder) {
  EXPECT_TRUE(order_steps({}).sequence.empty());
  EXPECT_TRUE(order_steps({}).cycles.empty());
}

TEST(Order, FreeStepsKeepTheirOrder) {
  EXPECT_EQ(order_steps({{}, {}, {}}).sequence, (Steps{0, 1, 2}));
}

TEST(Order, ReadersComeAfterWhatTheyRead) {
  EXPECT_EQ(order_steps({{1}, {2}, {}}).sequence, (Steps{2, 1, 0}));
}

TEST(Order, StepsWithoutUpstreamsComeFirst) {
  EXPECT_EQ(order_steps({{}, {0}, {0}, {}}).sequence, (Steps{0, 3, 1, 2}));
}

TEST(Order, AStepMayReadAnotherTwice) {
  EXPECT_EQ(order_steps({{}, {0, 0}, {1, 0, 1}}).sequence, (Steps{0, 1, 2}));
}

TEST(Order, ACycleIsFoundAndNamedFromItsSmallestStep) {
  // 0 -> 3 -> 1 -> 2 -> 3, and 4 behind it
  const StepOrder order = order_steps({{}, {3}, {1}, {0, 2}, {2}});
  EXPECT_EQ(order.sequence, (Steps{0}));
  EXPECT_EQ(order.cycles, (std::vector<Steps>{{1, 2, 3}}));
}

TEST(Order, AStepThatReadsItselfIsACycle) {
  EXPECT_EQ(order_steps({{0}}).cycles, (std::vector<Steps>{{0}}));
}

TEST(Order, SeparateCyclesAreAllFound) {
  const StepOrder order = order_steps({{1}, {0}, {1, 3}, {4}, {3, 2}});
  EXPECT_EQ(order.cycles, (std::vector<Steps>{{0, 1}, {3, 4}}));
}

TEST(Order, AnyGraphIsOrderedOrHasACycle) {
  std::mt19937 generator(7);
  const auto random = [&] { return static_cast<uint32_t>(generator()); };
  for (int round = 0; round < 2000; ++round) {
    const uint32_t n = 1 + random() % 12;
    std::vector<Steps> upstream(n);
    const uint32_t arrows = random() % (2 * n);
    for (uint32_t i = 0; i < arrows; ++i) upstream[random() % n].push_back(random() % n);
    const StepOrder order = order_steps(upstream);
    std::vector<bool> seen(n);
    for (const uint32_t step : order.sequence) {
      for (const uint32_t before : upstream[step]) ASSERT_TRUE(seen[before]);
      ASSERT_FALSE(seen[step]);
      seen[step] = true;
    }
    ASSERT_EQ(order.sequence.size() == n, order.cycles.empty());
    for (const Steps& cycle : order.cycles) {
      for (size_t i = 0; i < cycle.size(); ++i) {
        const Steps& from = upstream[cycle[(i + 1) % cycle.size()]];
        ASSERT_NE(std::find(from.begin(), from.end(), cycle[i]), from.end());
        ASSERT_LE(cycle[0], cycle[i]);
      }
    }
  }
}

}  // namespace
}  // namespace streamhost
