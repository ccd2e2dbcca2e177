#include "engine/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <thread>

#include "engine/testing/run_flow.h"

namespace streamhost {
namespace {

using namespace testing;  // NOLINT: the words of these tests
namespace parts = testing;

testing::Produce every_tenth_bad() {
  return [](uint64_t, uint64_t i, const Emit& emit) {
    emit("k", i % 10 == 9 ? "bad" : std::to_string(i));
  };
}

TEST(Engine, SkipsBadRecordsWhereTheManifestSaysSo) {
  auto out = std::make_shared<Collected>();
  Flow flow(2);
  const auto source = flow.add("source", parts::source(every_tenth_bad(), plan(1, 100)));
  const auto op = flow.add("checks", parts::op_that_names_bad_records(), source);
  flow.step(op).on_error = OnError::kSkip;
  flow.add("sink", parts::sink(out), op);
  ASSERT_TRUE(run(flow).is_ok());
  EXPECT_EQ(out->rows.size(), 90u);
}

TEST(Engine, SendsBadRecordsToTheErrorsPortAsJson) {
  auto good = std::make_shared<Collected>();
  auto bad = std::make_shared<Collected>();
  Flow flow(1);
  const auto source = flow.add("source", parts::source(every_tenth_bad(), plan(1, 100)));
  const auto op = flow.add("checks",
                           parts::op([](std::string_view key, std::string_view value,
                                        const Emit& emit) { emit(key, value); }),
                           source);
  flow.add("good", parts::sink(good), op);
  flow.add("bad", parts::sink(bad), {{op, kErrorsPort}});
  ASSERT_TRUE(run(flow).is_ok());
  EXPECT_EQ(good->rows.size(), 90u);
  ASSERT_EQ(bad->rows.size(), 10u);
  EXPECT_EQ(bad->rows[0].value,
            R"({"step":"checks","error":"the value is bad","key":"k","value":"bad",)"
            R"("timestamp":null})");
}

TEST(Engine, RefusesRecordsWithoutAKeyInAKeyedStep) {
  for (const uint32_t workers : {1u, 3u}) {
    for (const bool combines : {false, true}) {
      Flow flow(workers);
      const auto source = flow.add(
          "source",
          parts::source([](uint64_t, uint64_t, const Emit& emit) { emit("", "v"); }, plan(1, 10)));
      const auto counts = flow.add("counts", parts::counter(combines), source);
      flow.add("sink", parts::sink(std::make_shared<Collected>()), counts);
      EXPECT_EQ(run(flow).message(),
                "step \"counts\" (test.counts): the record has no key; put a step like core.key_on "
                "before this one: value \"v\"");
    }
  }
}

TEST(Engine, SendsRecordsWithoutAKeyToTheErrorsPortOfAKeyedStep) {
  for (const uint32_t workers : {1u, 3u}) {
    auto good = std::make_shared<Collected>();
    auto bad = std::make_shared<Collected>();
    Flow flow(workers);
    const auto source =
        flow.add("source", parts::source([](uint64_t, uint64_t i,
                                            const Emit& emit) { emit(i % 2 == 0 ? "" : "k", "v"); },
                                         plan(1, 1000)));
    const auto counts = flow.add("counts", parts::counter(true), source);
    flow.add("good", parts::sink(good), counts);
    flow.add("bad", parts::sink(bad), {{counts, kErrorsPort}});
    ASSERT_TRUE(run(flow).is_ok());
    EXPECT_EQ(good->sorted_values(), std::vector<std::string>{"k=500"});
    EXPECT_EQ(bad->rows.size(), 500u);
  }
}

TEST(Engine, CallsTimersWhenTheyAreDueAndForgetsDiscardedKeys) {
  auto out = std::make_shared<Collected>();
  Flow flow(2);
  SourcePlan slow = plan(1, 40);
  slow.rest_every = 10;
  slow.rest_us = 60'000;
  const auto source = flow.add("source", parts::source(keyed(2), slow));
  const auto counts = flow.add("delayed", parts::delayed_counter(20'000), source);
  flow.add("sink", parts::sink(out), counts);
  ASSERT_TRUE(run(flow).is_ok());
  // Three bursts of ten end by their timers; the last one is cut off by the end of input.
  ASSERT_EQ(out->rows.size(), 6u);
  for (const auto& row : out->rows) EXPECT_EQ(row.value, "5");
}

TEST(Engine, SleepsWhileThereIsNothingToDo) {
  auto out = std::make_shared<Collected>();
  Flow flow(2);
  SourcePlan slow = plan(1, 20);
  slow.rest_every = 10;
  slow.rest_us = 300'000;
  const auto source = flow.add("source", parts::source(keyed(2), slow));
  flow.add("sink", parts::sink(out), source);
  uint64_t sleeps = 0;
  ASSERT_TRUE(run(flow, &sleeps).is_ok());
  EXPECT_EQ(out->rows.size(), 20u);
  EXPECT_LE(sleeps, 10u);
}

TEST(Engine, PollsASourceAgainWhenAnotherThreadWakesIt) {
  auto out = std::make_shared<Collected>();
  Flow flow(2);
  SourcePlan woken = plan(2, 200);
  woken.rest_every = 10;
  woken.rest_us = 500;
  woken.by_waker = true;
  const auto source = flow.add("source", parts::source(keyed(2), woken));
  const auto counts = flow.add("running", parts::running_counter(), source);
  flow.add("sink", parts::sink(out), counts);
  ASSERT_TRUE(run(flow).is_ok());
  EXPECT_EQ(out->rows.size(), 400u);
}

TEST(Engine, HandsOnAPartialBatchWhenItsSourceHasNoMore) {
  auto out = std::make_shared<Collected>();
  Flow flow(2);
  SourcePlan slow = plan(1, 6);
  slow.rest_every = 3;
  slow.rest_us = 10'000'000;
  const auto source = flow.add("source", parts::source(keyed(3), slow));
  const auto counts = flow.add("running", parts::running_counter(), source);
  SinkPlan one;
  one.partitions = 1;
  flow.add("sink", parts::sink(out, one), counts);
  Catalog catalog({}, host_table());
  auto engine = Engine::create(flow.flow(), catalog, quiet());
  ASSERT_TRUE(engine.is_ok());
  std::jthread runner([&] { EXPECT_TRUE((*engine)->run().is_ok()); });
  // The source rests for ten seconds; its first records must not.
  for (int i = 0; i < 1000 && out->count < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(out->count, 3u);
  EXPECT_GE(out->flushed, 1);
  (*engine)->drain();
}

TEST(Engine, TriesASourceAgainThatMaySucceedLater) {
  auto out = std::make_shared<Collected>();
  Flow flow(1);
  SourcePlan busy = plan(1, 10);
  busy.fail_polls = 2;
  const auto source = flow.add("source", parts::source(keyed(3), busy));
  flow.add("sink", parts::sink(out), source);
  ASSERT_TRUE(run(flow).is_ok());
  EXPECT_EQ(out->rows.size(), 10u);
}

TEST(Engine, KeepsWhatASourcePutOutBeforeItFailed) {
  auto out = std::make_shared<Collected>();
  Flow flow(1);
  SourcePlan busy = plan(1, 100);
  busy.fail_polls = 1;
  busy.fail_after = 50;
  const auto source = flow.add("source", parts::source(keyed(3), busy));
  flow.add("sink", parts::sink(out), source);
  ASSERT_TRUE(run(flow).is_ok());
  EXPECT_EQ(out->rows.size(), 100u);
}

TEST(Engine, FlushesWhatASinkTookOnlyWhenItWasOfferedAgain) {
  auto out = std::make_shared<Collected>();
  Flow flow(1);
  const auto source = flow.add("source", parts::source(keyed(3), plan(1, 100)));
  SinkPlan slow;
  slow.takes_at_most = 30;
  slow.rest_us = 5000;
  flow.add("sink", parts::sink(out, slow), source);
  ASSERT_TRUE(run(flow).is_ok());
  EXPECT_EQ(out->count, 100u);
  EXPECT_EQ(out->flushed_count, 100u);
}

TEST(Engine, SendsRecordsThatASinkRejectsToItsErrorsPort) {
  for (const uint32_t takes_at_most : {0u, 7u}) {
    auto good = std::make_shared<Collected>();
    auto bad = std::make_shared<Collected>();
    Flow flow(2);
    const auto source = flow.add("source", parts::source(every_tenth_bad(), plan(2, 100)));
    SinkPlan picky;
    picky.rejects_bad = true;
    picky.partitions = 1;
    picky.takes_at_most = takes_at_most;
    const auto sink = flow.add("sink", parts::sink(good, picky), source);
    flow.add("bad", parts::sink(bad), {{sink, kErrorsPort}});
    ASSERT_TRUE(run(flow).is_ok());
    EXPECT_EQ(good->rows.size(), 200u);
    EXPECT_EQ(bad->rows.size(), 20u);
  }
}

TEST(Engine, GivesAdoptedMemoryBackExactlyOnceAndNotBeforeItIsRead) {
  std::atomic<int64_t> outstanding{0};
  auto out = std::make_shared<Collected>();
  {
    Flow flow(3);
    const auto source = flow.add("source", parts::source(keyed(20), plan(3, 2000)));
    const auto op = flow.add("adopts", parts::op_that_adopts(&outstanding), source);
    SinkPlan two;
    two.partitions = 2;
    two.takes_at_most = 100;
    two.rest_us = 0;
    flow.add("sink", parts::sink(out, two), op);
    ASSERT_TRUE(run(flow).is_ok());
  }
  EXPECT_EQ(outstanding, 0);
  EXPECT_EQ(out->rows.size(), 6000u);
  for (const auto& row : out->rows) EXPECT_EQ(row.value.find('!'), std::string::npos);
}

TEST(Engine, DropsEveryStateThatItMade) {
  for (const uint32_t workers : {1u, 2u}) {
    std::atomic<int64_t> alive{0};
    auto out = std::make_shared<Collected>();
    Flow flow(workers);
    const auto source = flow.add("source", parts::source(keyed(100), plan(2, 1000)));
    const auto gather = flow.add("gather", parts::gatherer(&alive), source);
    flow.add("sink", parts::sink(out), gather);
    ASSERT_TRUE(run(flow).is_ok());
    EXPECT_EQ(out->rows.size(), 100u);
    EXPECT_EQ(alive, 0);
  }
}

TEST(Engine, SendsCombinedStatesOnWhenTheirTableGrowsLarge) {
  auto out = std::make_shared<Collected>();
  Flow flow(2);
  flow.run().memory = 1 << 20;  // an eighth of it for each table
  const auto source = flow.add("source", parts::source(keyed(20'000), plan(2, 60'000)));
  const auto counts = flow.add("counts", parts::counter(true), source);
  flow.add("sink", parts::sink(out), counts);
  ASSERT_TRUE(run(flow).is_ok());
  ASSERT_EQ(out->rows.size(), 20'000u);
  for (const auto& row : out->rows) EXPECT_EQ(row.value, row.key + "=6");
}

TEST(Engine, FeedsSeveralReadersOfOneStepAndMergesSeveralSteps) {
  auto left = std::make_shared<Collected>();
  auto right = std::make_shared<Collected>();
  Flow flow(2);
  const auto a = flow.add("a", parts::source(keyed(3), plan(1, 100)));
  const auto b = flow.add("b", parts::source(keyed(3), plan(1, 50)));
  const auto pass = flow.add("pass",
                             parts::op([](std::string_view key, std::string_view value,
                                          const Emit& emit) { emit(key, value); }),
                             {{a, 0}, {b, 0}});
  flow.add("left", parts::sink(left), pass);
  flow.add("right", parts::sink(right), {{pass, 0}, {a, 0}});
  ASSERT_TRUE(run(flow).is_ok());
  EXPECT_EQ(left->rows.size(), 150u);
  EXPECT_EQ(right->rows.size(), 250u);
}

TEST(StepContext, KnowsWhichOutputsAreRead) {
  Flow flow(1);
  const auto source = flow.add("source", parts::source(keyed(1), plan(1, 1)));
  const auto count = flow.add("count", parts::counter(false), source);
  flow.add("out", parts::sink(std::make_shared<Collected>()), {{count, 1}});
  Catalog catalog({}, host_table());
  Job job(flow.flow(), catalog, quiet(), wall_now_us);
  StepContext of_source(job, job.flow().steps[source], 0),
      of_count(job, job.flow().steps[count], 0);
  EXPECT_TRUE(of_source.output_read(0));
  EXPECT_FALSE(of_source.output_read(1));
  EXPECT_FALSE(of_count.output_read(0));
  EXPECT_TRUE(of_count.output_read(1));
}

}  // namespace
}  // namespace streamhost
