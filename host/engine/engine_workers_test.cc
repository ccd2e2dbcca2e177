// What holds for any number of workers.
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

}  // namespace
}  // namespace streamhost
