#include "engine/epochs.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "engine/testing/epoch_components.h"
#include "engine/testing/run_flow.h"

namespace streamhost {
namespace {

using namespace testing;  // NOLINT: the words of these tests
namespace parts = testing;

TEST(Epochs, AsksForTheNextOneWhenTheLastIsCommittedAndItIsTime) {
  int changes = 0;
  Epochs epochs(2, 5, 0, {[&] { ++changes; }, nullptr});
  epochs.start(0);
  EXPECT_EQ(epochs.asked(), 4u);
  epochs.tick(INT64_MAX - 1);
  EXPECT_EQ(epochs.asked(), 5u);
  epochs.tick(INT64_MAX - 1);
  EXPECT_EQ(epochs.asked(), 5u) << "one is in flight";
  epochs.saved({});
  EXPECT_EQ(epochs.durable(), 4u);
  epochs.saved({});
  EXPECT_EQ(epochs.durable(), 5u) << "without a store it is durable at once";
  epochs.committed_here();
  epochs.tick(INT64_MAX - 1);
  EXPECT_EQ(epochs.asked(), 5u);
  epochs.committed_here();
  EXPECT_EQ(epochs.committed(), 5u);
  epochs.tick(INT64_MAX - 1);
  EXPECT_EQ(epochs.asked(), 6u);
  EXPECT_GE(changes, 4);
}

TEST(Epochs, TheLastOneComesWhenTheSourcesOfAllWorkersHaveEnded) {
  Epochs epochs(2, 1, Epochs::kOnlyTheLast, {[] {}, nullptr});
  epochs.start(0);
  EXPECT_EQ(epochs.due_us(), INT64_MAX);
  epochs.sources_ended();
  EXPECT_EQ(epochs.asked(), 0u);
  epochs.sources_ended();
  EXPECT_EQ(epochs.asked(), 1u);
  EXPECT_TRUE(epochs.last());
  EXPECT_FALSE(epochs.over());
  for (int w = 0; w < 2; ++w) epochs.saved({});
  for (int w = 0; w < 2; ++w) epochs.committed_here();
  EXPECT_TRUE(epochs.over());
}

TEST(Epochs, OneThatAStepAsksForComesBeforeItsTime) {
  Epochs epochs(1, 1, 1'000'000'000, {[] {}, nullptr});
  epochs.start(0);
  epochs.tick(1000);
  EXPECT_EQ(epochs.asked(), 0u);
  epochs.request();
  epochs.tick(1000);
  EXPECT_EQ(epochs.asked(), 1u);
  epochs.request();  // meanwhile
  epochs.tick(1000);
  EXPECT_EQ(epochs.asked(), 1u) << "one is in flight";
  epochs.saved({});
  epochs.committed_here();
  epochs.tick(1000);
  EXPECT_EQ(epochs.asked(), 2u);
  epochs.saved({});
  epochs.committed_here();
  epochs.tick(steady_now_us());
  EXPECT_EQ(epochs.asked(), 2u) << "it was asked for once";
}

TEST(Epochs, OneThatAStepAsksForComesThoughOnlyTheLastIsPlanned) {
  Epochs epochs(1, 1, Epochs::kOnlyTheLast, {[] {}, nullptr});
  epochs.start(0);
  epochs.request();
  epochs.tick(0);
  EXPECT_EQ(epochs.asked(), 1u);
  EXPECT_FALSE(epochs.last());
}

TEST(Epochs, AStepOfAnotherProcessAsksProcess0) {
  std::vector<EpochNews> told;
  Epochs::Hooks hooks{[] {}, nullptr};
  hooks.tell = [&](const EpochNews& news) { told.push_back(news); };
  Epochs other(1, 1, 1'000'000'000, hooks, {1, 2});
  other.start(0);
  other.request();
  other.request();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].stage, EpochNews::Stage::kWanted);
  EXPECT_EQ(other.due_us(), INT64_MAX) << "it is not for this process to say";

  Epochs first(1, 1, 1'000'000'000, {[] {}, nullptr, nullptr, [](const EpochNews&) {}}, {0, 2});
  first.start(0);
  first.heard(told[0]);
  first.tick(1000);
  EXPECT_EQ(first.asked(), 1u);
  first.heard(told[0]);
  first.saved({});
  first.heard({EpochNews::Stage::kSaved, 1, false, {}});
  first.committed_here();
  first.heard({EpochNews::Stage::kCommitted, 1, false, {}});
  ASSERT_EQ(first.committed(), 1u);
  first.tick(1000);
  EXPECT_EQ(first.asked(), 1u) << "an old wish is no new one";
}

TEST(Epochs, TheLastOneWaitsForTheOneInFlight) {
  Epochs epochs(1, 1, 0, {[] {}, nullptr});
  epochs.start(0);
  epochs.tick(INT64_MAX - 1);
  epochs.sources_ended();
  EXPECT_EQ(epochs.asked(), 1u);
  EXPECT_FALSE(epochs.last());
  epochs.saved({});
  epochs.committed_here();
  EXPECT_EQ(epochs.asked(), 2u);
  EXPECT_TRUE(epochs.last());
  EXPECT_FALSE(epochs.over());
}

TEST(Epochs, NothingIsSealedOnceTheJobIsGivenUp) {
  Epochs epochs(2, 1, 0, {[] {}, nullptr});
  epochs.start(0);
  epochs.tick(INT64_MAX - 1);
  epochs.saved({});
  EXPECT_EQ(epochs.give_up(), Epochs::Fate::kVoid);
  epochs.saved({});
  EXPECT_EQ(epochs.sealed(), 0u);
}

TEST(Epochs, WhatOthersMayHaveSealedIsNotKnownToBeVoid) {
  const auto in_flight = [](uint32_t processes) {
    auto epochs = std::make_unique<Epochs>(2, 1, 10, Epochs::Hooks{[] {}, nullptr},
                                           Epochs::Place{0, processes});
    epochs->start(0);
    epochs->tick(10);
    epochs->saved({});
    return epochs;
  };
  EXPECT_EQ(in_flight(2)->give_up(), Epochs::Fate::kVoid);  // a worker has not saved it
  // The other process is told that this one has saved it, and may have done so itself.
  auto epochs = in_flight(2);
  epochs->saved({});
  EXPECT_EQ(epochs->give_up(), Epochs::Fate::kUnknown);
  epochs = in_flight(2);
  epochs->saved({});
  epochs->heard({EpochNews::Stage::kSaved, 1, false, {}});
  EXPECT_EQ(epochs->give_up(), Epochs::Fate::kStands);
  epochs = in_flight(1);
  epochs->saved({});
  EXPECT_EQ(epochs->give_up(), Epochs::Fate::kStands);
}

TEST(Epochs, StepsThatAnyWorkerClearedAreNamedOnce) {
  std::vector<uint32_t> cleared;
  Epochs epochs(2, 1, 0, {[] {}, [&](uint64_t, std::vector<uint32_t> c) { cleared = c; }});
  epochs.start(0);
  epochs.tick(INT64_MAX - 1);
  epochs.saved({3, 1});
  epochs.saved({1});
  EXPECT_EQ(cleared, (std::vector<uint32_t>{1, 3}));
  EXPECT_EQ(epochs.durable(), 0u) << "the store has not said so yet";
}

class Barriers : public ::testing::TestWithParam<uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Epochs, Barriers, ::testing::Values(1, 2, 3, 4, 8));

// Two sources, an exchange by key behind one of them, a merge of both, another exchange that
// spreads, and two sinks: whatever way a record takes, it is seen in the epoch it was put out in.
TEST_P(Barriers, KeepTheRecordsOfEpochsApartOnEveryWay) {
  std::atomic<uint64_t> wrong{0};
  auto world = std::make_shared<TwoPhase>();
  world->again = 1;
  Flow flow(GetParam());
  flow.run().epoch_us = 500;
  flow.run().batch_size = 64;
  EpochSourcePlan plan;
  plan.partitions = 3;
  plan.records = many(4000);
  const auto left = flow.add("left", parts::epoch_source(plan));
  plan.partitions = 2;
  plan.rest_us = 900;
  const auto right = flow.add("right", parts::epoch_source(plan));
  const auto keyed = flow.add("keyed", parts::epoch_keyed(&wrong), left);
  const auto merged = flow.add("merged", parts::epoch_op(&wrong), {{keyed, 0}, {right, 0}});
  const auto spread = flow.add("spread", parts::epoch_op(&wrong, SH_OPERATOR_REDISTRIBUTE),
                               {{merged, 0}, {left, 0}});
  const auto again = flow.add("again", parts::epoch_keyed(&wrong), {{spread, 0}, {keyed, 0}});
  flow.add("by_key", parts::two_phase_sink(world, 3), again);
  flow.add("by_worker", parts::two_phase_sink(world, 0), {{again, 0}, {right, 0}});
  ASSERT_TRUE(run(flow).is_ok());
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(world->wrong, 0u);
  EXPECT_EQ(world->broken_rule, "");
  EXPECT_EQ(world->staged.size(), 0u);
  const uint64_t l = 3 * many(4000), r = 2 * many(4000);
  // left comes by keyed and merged, directly, and by keyed alone; right by merged.
  EXPECT_EQ(world->visible.size(), 2 * (3 * l + r) + r);
  EXPECT_GT(world->prepared, 2 * (3u + GetParam())) << "more epochs than one";
}

TEST_P(Barriers, PassASinkThatIsBehind) {
  auto out = std::make_shared<Collected>();
  SinkPlan sink;
  sink.partitions = 2;
  sink.takes_at_most = 7;
  sink.rest_us = 50;
  auto world = std::make_shared<TwoPhase>();
  Flow flow(GetParam());
  flow.run().epoch_us = 1000;
  const auto source = flow.add("source", parts::source(keyed(10), plan(4, 500)));
  flow.add("slow", parts::sink(out, sink), source);
  flow.add("other", parts::two_phase_sink(world, 1), source);
  ASSERT_TRUE(run(flow).is_ok());
  EXPECT_EQ(out->rows.size(), 2000u);
  EXPECT_EQ(world->visible.size(), 2000u);
}

TEST_P(Barriers, ComeAsFastAsTheyCanWithAnIntervalOfZero) {
  auto world = std::make_shared<TwoPhase>();
  std::atomic<uint64_t> wrong{0};
  Flow flow(GetParam());
  flow.run().epoch_us = 0;
  EpochSourcePlan plan;
  plan.partitions = 4;
  plan.records = 3000;
  const auto source = flow.add("source", parts::epoch_source(plan));
  const auto keyed = flow.add("keyed", parts::epoch_keyed(&wrong), source);
  flow.add("sink", parts::two_phase_sink(world, 2), keyed);
  ASSERT_TRUE(run(flow).is_ok());
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(world->visible.size(), 12'000u);
}

}  // namespace
}  // namespace streamhost
