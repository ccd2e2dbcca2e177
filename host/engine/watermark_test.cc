#include "engine/watermark.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "engine/testing/epoch_components.h"
#include "engine/testing/run_flow.h"

namespace streamhost {
namespace {

using namespace testing;  // NOLINT: the words of these tests
namespace parts = testing;

class Tracker : public ::testing::Test {
 protected:
  Origin a_{"s/a", INT64_MAX, false}, b_{"s/b", INT64_MAX, false};
  WatermarkTracker tracker_{10, 100, {&a_, &b_}};
};

TEST_F(Tracker, IsTheLeastOverPartitionsOfTheLargestTimeLessTheWait) {
  EXPECT_EQ(tracker_.watermark(0), kNoWatermark);
  tracker_.seen(&a_, 500);
  EXPECT_EQ(tracker_.watermark(0), kNoWatermark) << "the other one has shown nothing yet";
  tracker_.seen(&b_, 300);
  EXPECT_EQ(tracker_.watermark(0), 290);
  tracker_.seen(&b_, 200);
  EXPECT_EQ(tracker_.watermark(0), 290) << "it never goes back";
  tracker_.seen(&b_, 900);
  EXPECT_EQ(tracker_.watermark(0), 490);
  tracker_.seen(&a_, SH_NO_TIME);
  EXPECT_EQ(tracker_.watermark(0), 490);
}

TEST_F(Tracker, APartitionThatIsQuietStepsAsideAndComesBack) {
  tracker_.seen(&a_, 500);
  b_.quiet_since_us = 1000;
  EXPECT_EQ(tracker_.watermark(1099), kNoWatermark);
  EXPECT_EQ(tracker_.next_us(1099), 1100);
  EXPECT_EQ(tracker_.watermark(1100), 490);
  EXPECT_EQ(tracker_.next_us(1100), INT64_MAX) << "nothing more will become idle";
  b_.quiet_since_us = INT64_MAX;
  tracker_.seen(&b_, 100);
  EXPECT_EQ(tracker_.watermark(1200), 490) << "what it has now is late";
  a_.quiet_since_us = b_.quiet_since_us = 2000;
  EXPECT_EQ(tracker_.watermark(2100), kIdleWatermark);
  EXPECT_EQ(tracker_.reached(), 490);
}

TEST_F(Tracker, EndsWithItsPartitions) {
  tracker_.seen(&a_, 500);
  b_.ended = true;
  EXPECT_EQ(tracker_.watermark(0), 490);
  a_.ended = true;
  EXPECT_EQ(tracker_.watermark(0), kEndOfTime);
}

TEST_F(Tracker, TakesUpWhatItStored) {
  tracker_.seen(&a_, 500);
  tracker_.seen(&b_, 300);
  std::map<std::string, std::string> stored;
  for (auto& [key, value] : tracker_.take_changes()) stored[key] = value;
  EXPECT_EQ(stored.size(), 3u) << "two partitions, and how far the worker has come";
  EXPECT_TRUE(tracker_.take_changes().empty());
  WatermarkTracker later(10, std::nullopt, {&a_, &b_});
  later.restore(stored);
  EXPECT_EQ(later.watermark(0), 290);
}

TEST_F(Tracker, LanesTakeUpTheLeastOfAllSinceTheirNumberMayBeAnother) {
  Origin one{kLaneOrigin + "0-0", INT64_MAX, false}, two{kLaneOrigin + "1-0", INT64_MAX, false};
  WatermarkTracker before(0, std::nullopt, {&one, &two});
  before.seen(&one, 70);
  before.seen(&two, 50);
  std::map<std::string, std::string> stored;
  for (auto& [key, value] : before.take_changes()) stored[key] = value;
  Origin other{kLaneOrigin + "0-3", INT64_MAX, false};
  WatermarkTracker after(0, std::nullopt, {&other});
  after.restore(stored);
  EXPECT_EQ(after.watermark(0), 50);
}

TEST_F(Tracker, IsNotSetBackByAPartitionThatWasIdleBeforeTheRestart) {
  std::map<std::string, std::string> stored;
  tracker_.seen(&a_, 500);
  tracker_.seen(&b_, 50);
  b_.quiet_since_us = 1000;
  EXPECT_EQ(tracker_.watermark(1100), 490);
  for (auto& [key, value] : tracker_.take_changes()) stored[key] = value;
  b_.quiet_since_us = INT64_MAX;
  WatermarkTracker later(10, 100, {&a_, &b_});
  later.restore(stored);
  EXPECT_EQ(later.watermark(2000), 490);
}

TEST_F(Tracker, GoesOnFromTheLeastOfAllWorkersHoweverManyThereAreThen) {
  Origin c{"s/c", INT64_MAX, false};
  WatermarkTracker first(0, 100, {&a_, &b_}, 0, 3), second(0, 100, {&c}, 1, 3),
      third(0, 100, {}, 2, 3);
  std::map<std::string, std::string> stored;
  const auto store = [&](WatermarkTracker& tracker) {
    for (auto& [key, value] : tracker.take_changes()) {
      if (value.empty()) {
        stored.erase(key);
      } else {
        stored[key] = value;
      }
    }
  };
  first.seen(&a_, 500);
  first.seen(&b_, 50);
  b_.quiet_since_us = 1000;
  second.seen(&c, 300);
  EXPECT_EQ(first.watermark(1100), 500);
  EXPECT_EQ(second.watermark(1100), 300);
  for (WatermarkTracker* tracker : {&first, &second, &third}) store(*tracker);
  EXPECT_EQ(stored.size(), 6u);
  b_.quiet_since_us = INT64_MAX;
  WatermarkTracker alone(0, 100, {&a_, &b_, &c}, 0, 1);
  alone.restore(stored);
  EXPECT_EQ(alone.watermark(2000), 300) << "the third has nothing to wait for";
  store(alone);
  EXPECT_EQ(stored.size(), 4u) << "rows of workers that are no more are gone";
}

TEST_F(Tracker, IsHeldBackAfterARestartByAWorkerThatHadSeenNothing) {
  Origin c{"s/c", INT64_MAX, false};
  WatermarkTracker first(0, 100, {&a_}, 0, 2), second(0, 100, {&c}, 1, 2);
  std::map<std::string, std::string> stored;
  first.seen(&a_, 500);
  EXPECT_EQ(first.watermark(0), 500);
  for (WatermarkTracker* tracker : {&first, &second}) {
    for (auto& [key, value] : tracker->take_changes()) stored[key] = value;
  }
  WatermarkTracker alone(0, 100, {&a_, &c}, 0, 1);
  alone.restore(stored);
  EXPECT_EQ(alone.watermark(0), kNoWatermark);
}

TEST_F(Tracker, IsNotSetBackByAWorkerThatHadSteppedAsideBeforeTheRestart) {
  Origin c{"s/c", INT64_MAX, false};
  WatermarkTracker first(0, 100, {&a_}, 0, 2), second(0, 100, {&c}, 1, 2);
  std::map<std::string, std::string> stored;
  const auto store = [&] {
    for (WatermarkTracker* tracker : {&first, &second}) {
      for (auto& [key, value] : tracker->take_changes()) stored[key] = value;
    }
  };
  const auto restored = [&] {
    Origin a{"s/a", INT64_MAX, false}, other{"s/c", INT64_MAX, false};
    WatermarkTracker alone(0, 100, {&a, &other}, 0, 1);
    alone.restore(stored);
    return alone.watermark(0);
  };
  first.seen(&a_, 100);
  second.seen(&c, 500);
  a_.quiet_since_us = 1000;
  EXPECT_EQ(first.watermark(1100), kIdleWatermark);
  EXPECT_EQ(second.watermark(1100), 500);
  store();
  EXPECT_EQ(restored(), 500);
  c.quiet_since_us = 1000;
  EXPECT_EQ(second.watermark(1100), kIdleWatermark);
  store();
  EXPECT_EQ(restored(), 500) << "when all have, as far as any had come";
  a_.quiet_since_us = INT64_MAX;
  EXPECT_EQ(first.watermark(1200), 100);
  store();
  EXPECT_EQ(restored(), 100) << "it is waited for again";
}

class EventTime : public ::testing::TestWithParam<uint32_t> {
 protected:
  static constexpr int64_t kLength = 50'000;
  // "key window count" of each window.
  static std::vector<std::string> expected(const TimedPlan& plan, uint32_t partitions) {
    std::map<std::pair<uint64_t, int64_t>, uint64_t> counts;
    for (uint64_t i = 0; i < plan.records; ++i) {
      counts[{i % plan.keys, static_cast<int64_t>(i) * plan.step_us / kLength}] += partitions;
    }
    std::vector<std::string> lines;
    for (const auto& [window, count] : counts) {
      lines.push_back("k" + std::to_string(window.first) + " " + std::to_string(window.second) +
                      " " + std::to_string(count));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  std::shared_ptr<Fault> fault_ = std::make_shared<Fault>();
  std::atomic<uint64_t> late_{0};
};
INSTANTIATE_TEST_SUITE_P(Engine, EventTime, ::testing::Values(1, 2, 3, 4, 8));

TEST_P(EventTime, NoRecordIsLateWhenEveryPartitionIsInOrder) {
  TimedPlan plan;
  plan.records = many(3000);
  auto out = std::make_shared<Collected>();
  Flow flow(GetParam());
  flow.run().batch_size = 64;
  const auto source = flow.add("source", parts::timed_source(plan, fault_));
  flow.step(source).watermark = WatermarkSpec{0, std::nullopt};
  const auto spread =
      flow.add("spread", parts::op([](std::string_view, std::string_view, const Emit&) {}), source);
  (void)spread;
  const auto windows = flow.add("windows", parts::window_counter(kLength, &late_, fault_), source);
  flow.add("sink", parts::sink(out), windows);
  ASSERT_TRUE(run(flow));
  EXPECT_EQ(late_, 0u);
  EXPECT_EQ(out->sorted_values(), expected(plan, 3));
}

TEST_P(EventTime, AnOperatorThatSetsTheTimeTellsThePartitionsApartUpToTheExchange) {
  TimedPlan plan;
  auto out = std::make_shared<Collected>();
  std::atomic<uint64_t> wrong{0};
  Flow flow(GetParam());
  const auto source = flow.add("source", parts::timed_source(plan, fault_));
  // It forwards records with their times; the watermark is made behind it.
  const auto timed = flow.add("timed", parts::epoch_op(&wrong), source);
  flow.step(timed).watermark = WatermarkSpec{0, std::nullopt};
  const auto windows = flow.add("windows", parts::window_counter(kLength, &late_, fault_), timed);
  flow.add("sink", parts::sink(out), windows);
  ASSERT_TRUE(run(flow));
  EXPECT_EQ(late_, 0u);
  EXPECT_EQ(out->sorted_values(), expected(plan, 3));
}

TEST_P(EventTime, TheLeastUpstreamDecidesWhereStreamsMeet) {
  TimedPlan plan;
  auto out = std::make_shared<Collected>();
  Flow flow(GetParam());
  const auto fast = flow.add("fast", parts::timed_source(plan, fault_));
  flow.step(fast).watermark = WatermarkSpec{0, std::nullopt};
  plan.partitions = 2;
  plan.rest_us = 700;
  const auto slow = flow.add("slow", parts::timed_source(plan, fault_));
  flow.step(slow).watermark = WatermarkSpec{0, std::nullopt};
  const auto windows =
      flow.add("windows", parts::window_counter(kLength, &late_, fault_), {{fast, 0}, {slow, 0}});
  flow.add("sink", parts::sink(out), windows);
  ASSERT_TRUE(run(flow));
  EXPECT_EQ(late_, 0u);
  EXPECT_EQ(out->sorted_values(), expected(plan, 5));
}

TEST_P(EventTime, AnIdlePartitionDoesNotHoldWindowsBack) {
  TimedPlan plan;
  plan.partitions = 3;
  plan.rest_us = 0;
  plan.silent = 1;
  plan.silent_for_us = 600'000;
  auto out = std::make_shared<Collected>();
  Flow flow(GetParam());
  const auto source = flow.add("source", parts::timed_source(plan, fault_));
  flow.step(source).watermark = WatermarkSpec{0, 30'000};
  const auto windows = flow.add("windows", parts::window_counter(kLength, &late_, fault_), source);
  flow.add("sink", parts::sink(out), windows);
  Catalog catalog({}, host_table());
  auto engine = Engine::create(flow.flow(), catalog, quiet());
  ASSERT_TRUE(engine);
  size_t early = 0;
  {
    std::jthread runner([&] { ASSERT_TRUE((*engine)->run()); });
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    const std::lock_guard lock(out->mutex);
    early = out->rows.size();
  }
  EXPECT_GT(early, expected(plan, 2).size() / 2) << "windows closed while the one was silent";
  EXPECT_EQ(out->sorted_values(), expected(plan, 2));
}

TEST(EventTime, IsTakenUpWhereItWasHoweverOftenTheJobFailed) {
  for (uint32_t seed = 0; seed < 4; ++seed) {
    const auto folder =
        std::filesystem::temp_directory_path() / ("streamhost-event-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder);
    auto fault = std::make_shared<Fault>();
    auto disk = std::make_shared<Disk>();
    std::atomic<uint64_t> late{0};
    TimedPlan plan;
    plan.records = 1500;
    const sh_component* source = parts::timed_source(plan, fault);
    const sh_component* windows = parts::window_counter(50'000, &late, fault);
    const sh_component* sink = parts::disk_sink(disk, 2, fault);
    std::mt19937 random(seed);
    for (int attempt = 0;; ++attempt) {
      ASSERT_LT(attempt, 100);
      fault->left = attempt < 12 ? 1 + static_cast<int64_t>(random() % 900) : INT64_MAX;
      Flow flow(1 + random() % 4);
      flow.run().epoch_us = 1000;
      flow.recovery().directory = folder.string();
      const auto s = flow.add("source", source);
      flow.step(s).watermark = WatermarkSpec{0, std::nullopt};
      const auto w = flow.add("windows", windows, s);
      flow.add("sink", sink, w);
      if (run(flow)) break;
    }
    EXPECT_EQ(late, 0u);
    EXPECT_EQ(disk->sorted().size(), 20u * 30);
    for (const std::string& line : disk->sorted()) {
      EXPECT_TRUE(line.ends_with(" 9") || line.ends_with(" 6")) << line;
    }
    std::filesystem::remove_all(folder);
  }
}

}  // namespace
}  // namespace streamhost
