#include "engine/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <thread>

#include "engine/testing/components.h"
#include "engine/testing/flow.h"

namespace streamhost {
namespace {

using testing::Collected;
using testing::Emit;
using testing::Flow;
using testing::SinkPlan;
using testing::SourcePlan;
namespace parts = testing;

Log quiet() { return *make_log("off", "text"); }

Status run(const Flow& flow, uint64_t* sleeps = nullptr) {
  Catalog catalog({}, host_table());
  auto engine = Engine::create(flow.flow(), catalog, quiet());
  if (!engine) return engine.status();
  Status outcome = (*engine)->run();
  if (sleeps != nullptr) *sleeps = (*engine)->sleeps();
  return outcome;
}

// Record i of partition p: key "k<i % keys>", value "<p>:<i>".
testing::Produce keyed(uint64_t keys) {
  return [keys](uint64_t p, uint64_t i, const Emit& emit) {
    emit("k" + std::to_string(i % keys), std::to_string(p) + ":" + std::to_string(i));
  };
}

SourcePlan plan(uint32_t partitions, uint64_t records) {
  SourcePlan p;
  p.partitions = partitions;
  p.records = records;
  return p;
}

// How many records the exchange tests move; a long run sets STREAMHOST_TEST_RECORDS.
uint64_t many(uint64_t otherwise) {
  const char* text = std::getenv("STREAMHOST_TEST_RECORDS");
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Workers : public ::testing::TestWithParam<uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Engine, Workers, ::testing::Values(1, 2, 3, 4, 8));

TEST_P(Workers, GiveTheSameResultsHoweverManyTheyAre) {
  for (const bool combines : {false, true}) {
    auto out = std::make_shared<Collected>();
    Flow flow(GetParam());
    const auto source = flow.add("source", parts::source(keyed(100), plan(5, 1000)));
    const auto counts = flow.add("counts", parts::counter(combines), source);
    flow.add("sink", parts::sink(out), counts);
    ASSERT_TRUE(run(flow).is_ok());
    std::vector<std::string> expected;
    for (int k = 0; k < 100; ++k) expected.push_back("k" + std::to_string(k) + "=50");
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(out->sorted_values(), expected);
  }
}

TEST_P(Workers, ExchangeEveryRecordExactlyOnce) {
  const uint64_t records = many(200'000);
  auto out = std::make_shared<Collected>();
  SinkPlan sink;
  sink.keep_rows = false;
  Flow flow(GetParam());
  flow.run().batch_size = 256;
  const auto source = flow.add("source", parts::source(keyed(1000), plan(4, records / 4)));
  const auto counts = flow.add("running", parts::running_counter(), source);
  const auto totals = flow.add("totals", parts::counter(true), counts);
  auto sums = std::make_shared<Collected>();
  flow.add("each", parts::sink(out, sink), counts);
  flow.add("sums", parts::sink(sums), totals);
  ASSERT_TRUE(run(flow).is_ok());
  EXPECT_EQ(out->count, records / 4 * 4);
  uint64_t sum = 0;
  for (const auto& row : sums->rows) sum += std::stoull(row.value.substr(row.value.find('=') + 1));
  EXPECT_EQ(sum, records / 4 * 4);
  EXPECT_EQ(sums->rows.size(), 1000u);
}

TEST_P(Workers, KeepTheOrderOfRecordsWithOneKeyFromOnePartition) {
  auto out = std::make_shared<Collected>();
  Flow flow(GetParam());
  flow.run().batch_size = 16;
  const auto source = flow.add("source", parts::source(keyed(7), plan(3, 5000)));
  const auto spread = flow.add("running", parts::running_counter(), source);
  // The running count of a key must reach the sink in order, through a further exchange.
  const auto again = flow.add(
      "again", parts::op([](std::string_view key, std::string_view value, const Emit& emit) {
        emit(std::string(key) + "x", value);
      }),
      spread);
  SinkPlan sink;
  sink.partitions = 3;
  flow.add("sink", parts::sink(out, sink), again);
  ASSERT_TRUE(run(flow).is_ok());
  std::map<std::string, uint64_t> last;
  for (const auto& row : out->rows) {
    const uint64_t n = std::stoull(row.value);
    EXPECT_EQ(n, ++last[row.key]) << row.key;
  }
  EXPECT_EQ(last.size(), 7u);
}

TEST_P(Workers, GoOnThroughManyExchangesWithHardlyAnyRoom) {
  auto out = std::make_shared<Collected>();
  Flow flow(GetParam());
  flow.run().batch_size = 2;
  flow.run().memory = 1;  // lanes of two blocks, and sources that wait for memory
  uint32_t last = flow.add("source", parts::source(keyed(50), plan(4, 500)));
  for (int stage = 0; stage < 4; ++stage) {
    // Every record becomes two, with other keys: more than any lane can hold.
    last =
        flow.add("grow" + std::to_string(stage),
                 parts::op([stage](std::string_view key, std::string_view value, const Emit& emit) {
                   emit(std::string(key) + std::to_string(stage), value);
                   emit(std::string(value) + std::to_string(stage), value);
                 }),
                 last);
    last = flow.add("running" + std::to_string(stage), parts::running_counter(), last);
  }
  SinkPlan sink;
  sink.partitions = 2;
  flow.add("sink", parts::sink(out, sink), last);
  ASSERT_TRUE(run(flow).is_ok());
  EXPECT_EQ(out->count, 4u * 500 * 16);
}

TEST_P(Workers, WriteEachPartitionOfASinkByOneWorker) {
  auto out = std::make_shared<Collected>();
  Flow flow(GetParam());
  const auto source = flow.add("source", parts::source(keyed(100), plan(4, 1000)));
  SinkPlan sink;
  sink.partitions = 5;
  flow.add("sink", parts::sink(out, sink), source);
  ASSERT_TRUE(run(flow).is_ok());
  EXPECT_EQ(out->rows.size(), 4000u);
  std::map<uint32_t, uint32_t> writer;
  std::map<std::string, uint32_t> partition;
  for (const auto& row : out->rows) {
    EXPECT_EQ(writer.emplace(row.partition, row.worker).first->second, row.worker);
    EXPECT_EQ(partition.emplace(row.key, row.partition).first->second, row.partition);
  }
  EXPECT_EQ(writer.size(), 5u);
  EXPECT_EQ(out->opened, 5);
  EXPECT_EQ(out->prepared, 5);
  EXPECT_EQ(out->committed, 5);
  EXPECT_EQ(out->aborted, 0);
  EXPECT_EQ(out->closed, 5);
}

TEST_P(Workers, ShareRecordsEvenlyWhereRedistributionIsAskedFor) {
  auto out = std::make_shared<Collected>();
  Flow flow(GetParam());
  const auto source = flow.add("source", parts::source(keyed(10), plan(1, 8000)));
  const auto spread = flow.add(
      "spread",
      parts::op([](std::string_view, std::string_view value, const Emit& emit) { emit("", value); },
                SH_OPERATOR_REDISTRIBUTE),
      source);
  flow.add("sink", parts::sink(out), spread);
  ASSERT_TRUE(run(flow).is_ok());
  std::map<uint32_t, int> by_worker;
  for (const auto& row : out->rows) ++by_worker[row.worker];
  EXPECT_EQ(by_worker.size(), GetParam());
  for (const auto& [worker, count] : by_worker) EXPECT_NEAR(count, 8000.0 / GetParam(), 1);
}

TEST_P(Workers, HoldBackTheSourceWhenASinkIsSlow) {
  auto out = std::make_shared<Collected>();
  std::atomic<uint64_t> produced{0};
  Flow flow(GetParam());
  flow.run().batch_size = 64;
  SourcePlan endless = plan(2, UINT64_MAX);
  endless.produced = &produced;
  const auto source = flow.add("source", parts::source(keyed(10), endless));
  const auto counts = flow.add("running", parts::running_counter(), source);
  SinkPlan slow;
  slow.partitions = 1;
  slow.takes_at_most = 8;
  flow.add("sink", parts::sink(out, slow), counts);
  Catalog catalog({}, host_table());
  auto engine = Engine::create(flow.flow(), catalog, quiet());
  ASSERT_TRUE(engine.is_ok());
  std::jthread runner([&] { EXPECT_TRUE((*engine)->run().is_ok()); });
  while (out->count < 400) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  // What is on its way is bounded by the lanes between workers and a batch or two beside them.
  const uint64_t lanes = GetParam() == 1 ? 0 : uint64_t{2} * GetParam() * GetParam() * 8 * 64;
  EXPECT_LE(produced - out->count, lanes + uint64_t{GetParam()} * 64 * 8);
  (*engine)->drain();
  runner.join();
  EXPECT_EQ(out->count, produced);
}

TEST_P(Workers, HoldBackTheResultsOfALargeTableWhenASinkIsSlow) {
  auto out = std::make_shared<Collected>();
  Flow flow(GetParam());
  flow.run().batch_size = 64;
  const auto source = flow.add("source", parts::source(keyed(30'000), plan(2, 30'000)));
  const auto counts = flow.add("counts", parts::counter(true), source);
  SinkPlan slow;
  slow.partitions = 1;
  slow.takes_at_most = 1000;
  slow.rest_us = 100;
  flow.add("sink", parts::sink(out, slow), counts);
  Catalog catalog({}, host_table());
  auto engine = Engine::create(flow.flow(), catalog, quiet());
  ASSERT_TRUE(engine.is_ok());
  ASSERT_TRUE((*engine)->run().is_ok());
  EXPECT_EQ(out->rows.size(), 30'000u);
  // Of the results, about 1.5 MB with their descriptors, only what the lanes hold may be underway.
  const uint64_t lanes = uint64_t{GetParam()} * GetParam() * 8 * 2;
  EXPECT_LE((*engine)->most_blocks(), lanes + 64);
}

TEST_P(Workers, EndAnEndlessJobInOrderWhenItIsDrained) {
  auto out = std::make_shared<Collected>();
  std::atomic<uint64_t> produced{0};
  Flow flow(GetParam());
  SourcePlan endless = plan(3, UINT64_MAX);
  endless.produced = &produced;
  endless.rest_every = 100;
  const auto source = flow.add("source", parts::source(keyed(10), endless));
  const auto counts = flow.add("counts", parts::counter(false), source);
  flow.add("sink", parts::sink(out), counts);
  Catalog catalog({}, host_table());
  auto engine = Engine::create(flow.flow(), catalog, quiet());
  ASSERT_TRUE(engine.is_ok());
  std::jthread runner([&] { EXPECT_TRUE((*engine)->run().is_ok()); });
  while (produced < 1000) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  (*engine)->drain();
  runner.join();
  uint64_t sum = 0;
  for (const auto& row : out->rows) sum += std::stoull(row.value.substr(row.value.find('=') + 1));
  EXPECT_EQ(sum, produced);
}

TEST_P(Workers, StopAllOfThemWhenOneStepFails) {
  auto out = std::make_shared<Collected>();
  Flow flow(GetParam());
  const auto source =
      flow.add("source", parts::source(
                             [](uint64_t p, uint64_t i, const Emit& emit) {
                               emit("k" + std::to_string(i), p == 1 && i == 500 ? "bad" : "good");
                             },
                             plan(4, UINT64_MAX)));
  const auto op = flow.add("checks",
                           parts::op([](std::string_view key, std::string_view value,
                                        const Emit& emit) { emit(key, value); }),
                           source);
  SinkPlan counting;
  counting.keep_rows = false;
  flow.add("sink", parts::sink(out, counting), op);
  const Status status = run(flow);
  EXPECT_EQ(status.code(), Code::kFailed);
  EXPECT_EQ(status.message(),
            "step \"checks\" (test.checks): the value is bad: key \"k500\", value \"bad\"");
  EXPECT_EQ(out->committed, 0);
  EXPECT_EQ(out->closed, out->opened);
}

TEST_P(Workers, AbortWhatWasPreparedWhenAnotherWorkerCannotPrepare) {
  auto out = std::make_shared<Collected>();
  Flow flow(GetParam());
  const auto source = flow.add("source", parts::source(keyed(10), plan(4, 100)));
  SinkPlan failing;
  failing.fail_prepare_of = GetParam() - 1;
  flow.add("sink", parts::sink(out, failing), source);
  const Status status = run(flow);
  EXPECT_EQ(status.message(), "step \"sink\" (test.sink): the disk is full");
  EXPECT_EQ(out->committed, 0);
  EXPECT_EQ(out->aborted, out->prepared);
  EXPECT_EQ(out->closed, out->opened);
}

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

}  // namespace
}  // namespace streamhost
