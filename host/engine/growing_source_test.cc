// What comes up while a job runs: partitions of a source, epochs before their time; and what an
// earlier run with other workers has left.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "engine/testing/epoch_components.h"
#include "engine/testing/growing_components.h"
#include "engine/testing/run_flow.h"
#include "engine/watermark.h"
#include "support/process.h"

namespace streamhost {
namespace {

using namespace testing;  // NOLINT: the words of these tests
namespace parts = testing;

constexpr auto kPatience = std::chrono::seconds(20);

// False when it does not come true in time.
template <class Condition>
bool comes_true(Condition&& condition) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// A job on a thread of its own, which is drained if nobody has waited for its end.
class Running {
 public:
  explicit Running(const Flow& flow) : catalog_({}, host_table()) {
    auto engine = Engine::create(flow.flow(), catalog_, quiet());
    EXPECT_TRUE(engine) << engine.status().message();
    if (!engine) return;
    engine_ = engine.take();
    thread_ = std::jthread([this] {
      outcome_ = engine_->run();
      ended_ = true;
    });
  }
  ~Running() { drain(); }
  bool ended() const { return ended_; }
  void drain() {
    if (engine_ != nullptr && !ended_) engine_->drain();
  }
  // By itself, or else it is drained.
  Status end() {
    EXPECT_TRUE(comes_true([&] { return ended(); })) << "the job does not end";
    drain();
    if (thread_.joinable()) thread_.join();
    return outcome_;
  }

 private:
  Catalog catalog_;
  std::unique_ptr<Engine> engine_;
  Status outcome_;
  std::atomic<bool> ended_{false};
  std::jthread thread_;
};

struct GrowingJob {
  explicit GrowingJob(uint32_t workers) : flow(workers) {
    source = flow.add("source", parts::growing_source(growth));
    flow.add("sink", parts::sink(out), source);
  }
  // Keeps snapshots, with an epoch every millisecond.
  GrowingJob(uint32_t workers, const TempDir& folder) : GrowingJob(workers) {
    flow.run().epoch_us = 1000;
    flow.recovery().directory = folder / "store";
  }
  bool has(uint64_t records) {
    return comes_true([&] { return out->count >= records; });
  }
  // All workers have asked for what came up, and do so once more.
  bool look_around_in_vain() {
    const auto all_have_asked = [&](uint64_t times) {
      return comes_true([&] {
        for (uint32_t w = 0; w < flow.run().workers; ++w) {
          if (growth->asked(w) < times) return false;
        }
        return true;
      });
    };
    // A wake before the first time would be one with it.
    if (!all_have_asked(1)) return false;
    growth->come_up({});
    return all_have_asked(2);
  }
  std::shared_ptr<Growth> growth = std::make_shared<Growth>();
  std::shared_ptr<Collected> out = std::make_shared<Collected>();
  Flow flow;
  uint32_t source = 0;
};

// The values of the records `from` .. `to` - 1 of these partitions.
std::vector<std::string> values(const std::vector<std::string>& names, uint64_t from, uint64_t to) {
  std::vector<std::string> all;
  for (const std::string& name : names) {
    for (uint64_t i = from; i < to; ++i) all.push_back(name + ":" + std::to_string(i));
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::string> numbered(int from, int to) {
  std::vector<std::string> names;
  for (int i = from; i < to; ++i) names.push_back("p" + std::to_string(i));
  return names;
}

class GrowingSource : public ::testing::TestWithParam<uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Engine, GrowingSource, ::testing::Values(1, 2, 3));

TEST_P(GrowingSource, EachPartitionThatComesUpIsReadByOneWorker) {
  GrowingJob job(GetParam());
  job.growth->at_start = {"p0"};
  Running running(job.flow);
  ASSERT_TRUE(job.has(10));
  job.growth->come_up(numbered(1, 12));
  ASSERT_TRUE(job.has(120));
  job.growth->come_up(numbered(12, 24), true);
  ASSERT_TRUE(running.end());
  EXPECT_EQ(job.out->sorted_values(), values(numbered(0, 24), 0, 10));
  std::set<std::string> names;
  std::set<uint32_t> workers;
  for (const Growth::Opened& opened : job.growth->opened()) {
    EXPECT_TRUE(names.insert(opened.name).second) << opened.name << " is opened twice";
    EXPECT_EQ(opened.position, std::nullopt);
    workers.insert(opened.worker);
  }
  EXPECT_EQ(names.size(), 24u);
  EXPECT_EQ(workers.size(), GetParam()) << "they are spread over all";
}

TEST_P(GrowingSource, DoesNotEndWhileMoreMayCome) {
  GrowingJob job(GetParam());
  job.growth->at_start = {"early"};
  Running running(job.flow);
  ASSERT_TRUE(job.has(10));
  ASSERT_TRUE(job.look_around_in_vain());
  EXPECT_FALSE(running.ended());
  job.growth->come_up({"late"});
  ASSERT_TRUE(job.has(20)) << "no worker reads any more";
  job.growth->come_up({}, true);
  ASSERT_TRUE(running.end());
  EXPECT_EQ(job.out->count, 20u);
}

TEST_P(GrowingSource, EndsAtOnceWhenThereIsNothingAndNothingWillCome) {
  GrowingJob job(GetParam());
  job.growth->come_up({}, true);
  Running running(job.flow);
  ASSERT_TRUE(running.end());
  EXPECT_EQ(job.out->count, 0u);
}

TEST_P(GrowingSource, EndsWhenItIsDrainedThoughMoreMayCome) {
  GrowingJob job(GetParam());
  job.growth->at_start = {"a"};
  Running running(job.flow);
  ASSERT_TRUE(job.has(10));
  running.drain();
  ASSERT_TRUE(running.end());
}

TEST_P(GrowingSource, ANameThatComesUpAgainIsOpenedOnce) {
  GrowingJob job(GetParam());
  job.growth->repeats = true;
  job.growth->at_start = {"p0", "p1"};
  Running running(job.flow);
  job.growth->come_up(numbered(2, 6));
  ASSERT_TRUE(job.has(60));
  job.growth->come_up(numbered(0, 8), true);
  ASSERT_TRUE(running.end());
  EXPECT_EQ(job.out->sorted_values(), values(numbered(0, 8), 0, 10));
  EXPECT_EQ(job.growth->opened().size(), 8u);
}

TEST_P(GrowingSource, FailsTheJobInTheNameOfItsStepWhenItCannotLookAround) {
  GrowingJob job(GetParam());
  job.growth->at_start = {"a"};
  job.growth->set("a", {10, 0, false});
  Running running(job.flow);
  ASSERT_TRUE(job.has(10));
  job.growth->fail_added();
  const Status outcome = running.end();
  EXPECT_EQ(outcome.code(), Code::kFailed);
  EXPECT_EQ(outcome.message(),
            "step \"source\" (test.source): partitions that came up: the list cannot be read");
}

// -- Snapshots.

TEST(GrowingSource, WhatCameUpLaterIsTakenUpWhereItWasHoweverManyWorkersThereAre) {
  TempDir folder;
  {
    GrowingJob job(2, folder);
    job.growth->at_start = {"a"};
    Running running(job.flow);
    ASSERT_TRUE(job.has(10));
    job.growth->come_up({"b", "c", "d"}, true);
    ASSERT_TRUE(running.end());
    EXPECT_EQ(job.out->count, 40u);
    for (const auto& opened : job.growth->opened()) EXPECT_FALSE(opened.resumed) << opened.name;
  }
  {
    // A run to which nobody names them keeps their positions.
    GrowingJob job(1, folder);
    job.growth->come_up({}, true);
    Running running(job.flow);
    ASSERT_TRUE(running.end());
  }
  // Named at the start and later, by turns.
  uint64_t from = 10;
  for (const uint32_t workers : {3u, 1u, 2u}) {
    const bool later = workers != 1;
    GrowingJob job(workers, folder);
    const std::vector<std::string> known = {"a", "b", "c", "d"};
    const std::string fresh = "new" + std::to_string(workers);
    const uint64_t to = from + 5;
    for (const std::string& name : known) job.growth->set(name, {to, 0, true});
    if (!later) job.growth->at_start = known;
    Running running(job.flow);
    if (later) job.growth->come_up(known);
    ASSERT_TRUE(job.has(20));
    job.growth->come_up({fresh}, true);
    ASSERT_TRUE(running.end());
    auto expected = values(known, from, to);
    for (const std::string& value : values({fresh}, 0, 10)) expected.push_back(value);
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(job.out->sorted_values(), expected);
    for (const Growth::Opened& opened : job.growth->opened()) {
      EXPECT_TRUE(opened.resumed) << opened.name;
      EXPECT_EQ(opened.position,
                opened.name == fresh ? std::nullopt : std::optional(std::to_string(from)))
          << opened.name << " with " << workers << " workers";
    }
    EXPECT_EQ(job.growth->opened().size(), 5u);
    from = to;
  }
}

TEST(GrowingSource, AJobThatKeepsNoSnapshotsIsNeverResumed) {
  GrowingJob job(1);
  job.growth->at_start = {"a"};
  job.growth->come_up({}, true);
  ASSERT_TRUE(Running(job.flow).end());
  ASSERT_EQ(job.growth->opened().size(), 1u);
  EXPECT_FALSE(job.growth->opened()[0].resumed);
}

// -- Event time.

struct ToCome : ::testing::Test {
  Origin a{"s/a"}, b{"s/b"}, to_come{"s/"};
  ToCome() { to_come.to_come = true; }
};

TEST_F(ToCome, HoldsNothingBackAndStepsAsideAloneOnly) {
  WatermarkTracker tracker(10, 100, {&a, &to_come});
  EXPECT_EQ(tracker.watermark(0), kNoWatermark) << "a partition is there, and has shown nothing";
  tracker.seen(&a, 500);
  EXPECT_EQ(tracker.watermark(0), 490);
  EXPECT_EQ(tracker.next_us(0), INT64_MAX);
  a.quiet_since_us = 1000;
  EXPECT_EQ(tracker.watermark(1099), 490);
  EXPECT_EQ(tracker.watermark(1100), kIdleWatermark);
  EXPECT_EQ(tracker.reached(), 490);
}

TEST_F(ToCome, AWorkerWithoutPartitionsStepsAsideThoughNothingIsIdleByTime) {
  WatermarkTracker tracker(0, std::nullopt, {&to_come});
  EXPECT_EQ(tracker.watermark(0), kIdleWatermark);
  to_come.ended = true;
  EXPECT_EQ(tracker.watermark(0), kEndOfTime);
}

TEST_F(ToCome, TimeDoesNotEndBeforeAllHaveCome) {
  WatermarkTracker tracker(10, std::nullopt, {&a, &to_come});
  tracker.seen(&a, 500);
  a.ended = true;
  EXPECT_EQ(tracker.watermark(0), kIdleWatermark);
  EXPECT_EQ(tracker.reached(), 490);
  to_come.ended = true;
  EXPECT_EQ(tracker.watermark(0), kEndOfTime);
}

TEST_F(ToCome, WhatHasComeIsWaitedFor) {
  WatermarkTracker tracker(10, std::nullopt, {&a, &to_come});
  tracker.seen(&a, 500);
  EXPECT_EQ(tracker.watermark(0), 490);
  tracker.add(&b);
  tracker.seen(&a, 900);
  EXPECT_EQ(tracker.watermark(0), 490);
  tracker.seen(&b, 600);
  EXPECT_EQ(tracker.watermark(0), 590);
}

// Windows of 50 us of what a growing source puts out: "<partition> <window> <count>".
struct WindowsJob : GrowingJob {
  // The watermark is made by the source, or by a step behind it.
  WindowsJob(uint32_t workers, bool behind) : GrowingJob(workers) {
    uint32_t makes = source;
    if (behind) makes = flow.add("forwards", parts::epoch_op(&wrong), source);
    flow.step(makes).watermark = WatermarkSpec{0, std::nullopt};
    const uint32_t counts = flow.add("windows", parts::window_counter(50, &late, fault), makes);
    flow.add("closed", parts::sink(closed), counts);
  }
  bool has_closed(uint64_t windows) {
    return comes_true([&] { return closed->count >= windows; });
  }
  std::atomic<uint64_t> late{0}, wrong{0};
  std::shared_ptr<Fault> fault = std::make_shared<Fault>();
  std::shared_ptr<Collected> closed = std::make_shared<Collected>();
};

class GrowingTime : public ::testing::TestWithParam<std::tuple<uint32_t, bool>> {};
INSTANTIATE_TEST_SUITE_P(Engine, GrowingTime,
                         ::testing::Combine(::testing::Values(1, 2, 3), ::testing::Bool()));

TEST_P(GrowingTime, WorkersWithoutPartitionsHoldNoWindowBack) {
  const auto [workers, behind] = GetParam();
  WindowsJob job(workers, behind);
  job.growth->at_start = {"a"};
  job.growth->set("a", {200, 0, false});
  Running running(job.flow);
  EXPECT_TRUE(job.has_closed(3)) << "one partition is read, and others may come up";
  job.growth->set("a", {300, 0, true});
  EXPECT_TRUE(job.has_closed(5));
  job.growth->come_up({}, true);
  ASSERT_TRUE(running.end());
  EXPECT_EQ(job.closed->count, 6u) << "what the end of the input closes, too";
  EXPECT_EQ(job.late, 0u);
}

TEST_P(GrowingTime, TimeEndsOnlyWhenNoMoreMayCome) {
  const auto [workers, behind] = GetParam();
  WindowsJob job(workers, behind);
  job.growth->at_start = {"a"};
  job.growth->set("a", {100, 0, true});
  job.growth->set("b", {101, 99, true});
  Running running(job.flow);
  ASSERT_TRUE(job.has_closed(1)) << "0 .. 49; time has come to 99";
  ASSERT_TRUE(job.look_around_in_vain());
  job.growth->come_up({"b"}, true);
  ASSERT_TRUE(running.end());
  EXPECT_EQ(job.late, 0u) << "the first of b has the time 99";
  EXPECT_EQ(job.closed->sorted_values(),
            (std::vector<std::string>{"a 0 50", "a 1 50", "b 1 1", "b 2 50", "b 3 50"}));
}

// On one worker, where it is certain what comes before what.
TEST(GrowingTime, APartitionThatCameUpIsWaitedFor) {
  for (const bool behind : {false, true}) {
    WindowsJob job(1, behind);
    job.growth->at_start = {"a"};
    job.growth->set("a", {100, 0, false});
    job.growth->set("b", {0, 120, false});
    Running running(job.flow);
    ASSERT_TRUE(job.has_closed(1));
    job.growth->come_up({"b"});
    ASSERT_TRUE(comes_true([&] { return job.growth->opened().size() == 2; }));
    job.growth->set("a", {200, 0, false});
    ASSERT_TRUE(job.has(200));
    job.growth->set("b", {30, 120, true});
    EXPECT_TRUE(job.has_closed(3)) << "time goes on when b ends";
    job.growth->set("a", {200, 0, true});
    job.growth->come_up({}, true);
    ASSERT_TRUE(running.end());
    EXPECT_EQ(job.late, 0u) << "b begins at 120, and a is at 199";
    EXPECT_EQ(job.closed->sorted_values(),
              (std::vector<std::string>{"a 0 50", "a 1 50", "a 2 50", "a 3 50", "b 2 30"}));
  }
}

// -- Epochs before their time.

struct AskingJob {
  explicit AskingJob(uint32_t workers) : flow(workers) {
    flow.run().epoch_us = 3'600'000'000;
    flow.run().batch_size = 16;
    growth->at_start = numbered(0, 4);
    const auto source = flow.add("source", parts::growing_source(growth));
    flow.add("sink", parts::asking_sink(asking), source);
  }
  bool shows(uint64_t records) {
    return comes_true([&] { return asking->visible >= records; });
  }
  std::shared_ptr<Growth> growth = std::make_shared<Growth>();
  std::shared_ptr<Asking> asking = std::make_shared<Asking>();
  Flow flow;
};

class EarlyEpochs : public ::testing::TestWithParam<uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Engine, EarlyEpochs, ::testing::Values(1, 2));

TEST_P(EarlyEpochs, ComeWheneverASinkHoldsAsMuchAsItShould) {
  AskingJob job(GetParam());
  job.asking->holds = 50;
  for (const std::string& name : job.growth->at_start) job.growth->set(name, {1000, 0, false});
  Running running(job.flow);
  ASSERT_TRUE(comes_true([&] { return job.asking->written == 4000u; }));
  // The last ones wait for the end.
  EXPECT_TRUE(job.shows(4000 - GetParam() * (50 + 16)));
  EXPECT_FALSE(running.ended());
  running.drain();
  ASSERT_TRUE(running.end());
  EXPECT_EQ(job.asking->visible, 4000u);
  EXPECT_GT(job.asking->commits, 10u);
}

TEST_P(EarlyEpochs, ComeWhenAnotherThreadAsksForThem) {
  TempDir folder;
  for (const bool store : {false, true}) {
    AskingJob job(GetParam());
    if (store) job.flow.recovery().directory = folder / "store";
    for (const std::string& name : job.growth->at_start) job.growth->set(name, {100, 0, false});
    Running running(job.flow);
    ASSERT_TRUE(comes_true([&] { return job.asking->written == 400u; }));
    EXPECT_EQ(job.asking->visible, 0u) << "nobody has asked";
    job.asking->ask();
    EXPECT_TRUE(job.shows(400)) << "all workers rest, and are woken for it";
    for (const std::string& name : job.growth->at_start) job.growth->set(name, {150, 0, false});
    ASSERT_TRUE(comes_true([&] { return job.asking->written == 600u; }));
    EXPECT_EQ(job.asking->visible, 400u) << "it was asked for once";
    job.asking->ask();
    EXPECT_TRUE(job.shows(600));
    running.drain();
    ASSERT_TRUE(running.end());
  }
}

TEST_P(EarlyEpochs, MayBeAskedForFromTheMakingOfAStepToTheEndOfTheJob) {
  auto growth = std::make_shared<Growth>();
  auto asking = std::make_shared<Asking>();
  std::atomic<bool> over{false};
  std::jthread asks([&] {
    while (!over) {
      std::function<bool()> ask;
      {
        const std::lock_guard lock(asking->mutex);
        ask = asking->ask;
      }
      if (ask) ask();
    }
  });
  {
    // While the engine is made, too.
    Flow flow(GetParam());
    growth->at_start = numbered(0, 2);
    growth->come_up({}, true);
    flow.run().epoch_us = 3'600'000'000;
    const auto source = flow.add("source", parts::growing_source(growth));
    flow.add("sink", parts::asking_sink(asking), source);
    Running running(flow);
    EXPECT_TRUE(running.end());
    over = true;
    asks.join();
  }
  EXPECT_EQ(asking->visible, 20u);
}

// -- What an earlier run with more workers has left falls to worker 0.

class LeftBehind : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Engine, LeftBehind, ::testing::Bool());

TEST_P(LeftBehind, AllHandlesOfAWorkerComeOnceBeforeOneComesAgain) {
  for (const auto& [before, now] : {std::pair{3u, 1u}, std::pair{4u, 2u}}) {
    TempDir folder;
    auto records = std::make_shared<std::atomic<uint64_t>>(100);
    auto fault = std::make_shared<Fault>();
    const sh_component* source = parts::resumable_source(4, records, 10, fault);
    // Handles that the first worker was given, in turn; none: it was not given all of them.
    const auto first_is_given = [&](uint32_t workers, uint32_t expected) {
      auto world = std::make_shared<Together>();
      world->expects_first = expected;
      world->by_waker = GetParam();
      Flow flow(workers);
      flow.recovery().directory = folder / "store";
      const auto s = flow.add("source", source);
      flow.add("sink", parts::together_sink(world), s);
      Running running(flow);
      const bool ends = comes_true([&] { return running.ended(); });
      world->give_up = true;
      EXPECT_TRUE(ends) << "the sink waits for a handle that does not come";
      EXPECT_TRUE(running.end());
      const std::lock_guard lock(world->mutex);
      for (uint32_t w = 1; w < workers; ++w) {
        EXPECT_LE(world->calls[w].size(), 1u) << "it has but its own";
      }
      return world->calls[0];
    };
    EXPECT_TRUE(first_is_given(before, 1).empty()) << "there is no earlier run";
    const uint32_t left = 1 + before - now;
    const auto calls = first_is_given(now, left);
    ASSERT_GE(calls.size(), left);
    EXPECT_EQ(std::set(calls.begin(), calls.begin() + left).size(), left);
    EXPECT_EQ(calls.size(), 2 * left - 1) << "all but the last come again, once";
    EXPECT_EQ(first_is_given(now, 1).size(), 1u) << "what is settled is forgotten";
  }
}

}  // namespace
}  // namespace streamhost
