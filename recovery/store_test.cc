#include "recovery/store.h"

#include <gtest/gtest.h>

#include <future>
#include <random>
#include <thread>

#include "recovery/test_job.h"
#include "support/process.h"

namespace streamhost::recovery::testing {
namespace {

using streamhost::testing::TempDir;

TEST(Store, ANewStoreHasNothingToResume) {
  TempDir dir;
  auto store = open_store(dir / "store");
  EXPECT_EQ(store->resume_epoch(), 0u);
  EXPECT_TRUE(store->steps().empty());
  auto reader = store->read("counts");
  ASSERT_TRUE(reader);
  EXPECT_EQ(*reader, nullptr);
}

TEST(Store, RowsComeBackAfterReopening) {
  TempDir dir;
  {
    auto store = open_store(dir / "store", 2);
    ASSERT_TRUE(store->begin({.workers = 2, .processes = 1, .host_version = "1"}, kSteps, {}));
    RowBlock block;
    block.put("a", 2, "one");
    block.put("", 1, "");
    block.put(std::string(1000, 'k'), 2, std::string(3'000'000, 'v'));
    store->add(1, std::move(block));
    ASSERT_TRUE(end_epoch(*store, 7));
  }
  auto store = open_store(dir / "store");
  EXPECT_EQ(store->resume_epoch(), 7u);
  ASSERT_EQ(store->steps().size(), 3u);
  EXPECT_EQ(store->steps()[0].id, "counts");
  EXPECT_EQ(store->steps()[0].component, "core.count");
  EXPECT_EQ(store->steps()[0].state_version, 2u);
  EXPECT_EQ(store->steps()[0].newest_version, 2u);
  EXPECT_EQ(store->steps()[0].rows, 3u);
  EXPECT_EQ(store->steps()[1].id, "lines");
  EXPECT_EQ(store->steps()[1].kind, StepKind::kSource);
  const State state = read_all(*store);
  const Rows expected = {
      {"a", {2, "one"}}, {"", {1, ""}}, {std::string(1000, 'k'), {2, std::string(3'000'000, 'v')}}};
  EXPECT_EQ(state.at("counts"), expected);
}

TEST(Store, RowsOfAnEpochThatWasNotEndedAreNotThere) {
  TempDir dir;
  {
    auto store = open_store(dir / "store");
    ASSERT_TRUE(store->begin({}, kSteps, {}));
    RowBlock block;
    block.put("a", 1, "one");
    store->add(0, std::move(block));
    ASSERT_TRUE(end_epoch(*store, 1));
    RowBlock late;
    late.put("a", 1, "two");
    store->add(0, std::move(late));
  }
  auto store = open_store(dir / "store");
  EXPECT_EQ(store->resume_epoch(), 1u);
  EXPECT_EQ(read_all(*store).at("lines").at("a").second, "one");
}

TEST(Store, AnEpochLargerThanTheMemoryForItIsOneEpoch) {
  TempDir dir;
  {
    auto store = open_store(dir / "store");
    ASSERT_TRUE(store->begin({}, kSteps, {}));
    // More than twice what is gathered before it is written; each key twice.
    for (int round = 0; round < 2; ++round) {
      for (int key = 0; key < 45; ++key) {
        RowBlock block;
        block.put(std::to_string(key), 1, std::string(1 << 20, static_cast<char>('a' + round)));
        while (store->congested()) std::this_thread::yield();
        store->add(1, std::move(block));
      }
    }
    ASSERT_TRUE(end_epoch(*store, 1));
  }
  auto store = open_store(dir / "store");
  auto reader = store->read("counts");
  int rows = 0;
  while (const auto row = (*reader)->next()) {
    ++rows;
    EXPECT_EQ(row->value[0], 'b');
  }
  EXPECT_EQ(rows, 45);
}

// The newest row of a key wins, over many epochs, erased keys and cleared steps, merges and
// executions; checked whenever the store is opened again.
void compare_with_model(uint64_t seed, uint32_t partitions, uint64_t epochs, int64_t backup_us) {
  TempDir dir;
  const TestJob job{.seed = seed};
  std::mt19937_64 random(seed);
  uint64_t epoch = 0;
  while (epoch < epochs) {
    auto store = open_store(dir / "store", partitions, backup_us);
    ASSERT_NE(store, nullptr);
    ASSERT_EQ(store->resume_epoch(), epoch);
    ASSERT_EQ(read_all(*store), job.state_at(epoch)) << "seed " << seed << " epoch " << epoch;
    const Outcome begun = store->begin({}, kSteps, {});
    ASSERT_TRUE(begun) << begun.failure().message;
    const uint64_t last = epoch + 1 + random() % 60;
    while (epoch < last) {
      ++epoch;
      const Outcome written = write_epoch(*store, epoch, job.plan(epoch));
      ASSERT_TRUE(written) << written.failure().message;
    }
  }
  auto store = open_store(dir / "store");
  ASSERT_EQ(read_all(*store), job.state_at(epoch));
}

TEST(Store, NewestRowsWinInOneFile) { compare_with_model(1, 1, 200, 0); }
TEST(Store, NewestRowsWinInSeveralFiles) { compare_with_model(2, 4, 200, 0); }
TEST(Store, NewestRowsWinWithBackup) { compare_with_model(3, 2, 150, 3'600'000'000); }

TEST(Store, DroppedStepsAreEmptyFromTheFirstEpochOn) {
  TempDir dir;
  const TestJob job;
  run_job(dir / "store", job, 9, 2);
  const State before = job.state_at(9);
  {
    // Without a whole epoch nothing has happened.
    auto store = open_store(dir / "store");
    ASSERT_TRUE(store->begin({}, {kSteps[0], kSteps[1]}, {"counts", "out"}));
  }
  {
    auto store = open_store(dir / "store");
    EXPECT_EQ(read_all(*store), before);
    std::vector<StepInfo> steps = {kSteps[0], kSteps[1]};
    steps[1].component = "core.sum";
    ASSERT_TRUE(store->begin({}, steps, {"counts", "out"}));
    RowBlock block;
    block.put("new", 3, "1");
    store->add(1, std::move(block));
    ASSERT_TRUE(end_epoch(*store, 10));
  }
  auto store = open_store(dir / "store");
  const State after = read_all(*store);
  EXPECT_EQ(after.at("lines"), before.at("lines"));
  EXPECT_EQ(after.at("counts"), (Rows{{"new", {3, "1"}}}));
  EXPECT_EQ(after.count("out"), 0u);
  EXPECT_EQ(store->steps()[0].component, "core.sum");
}

TEST(Store, StepsThatAreNotRunAnyMoreKeepTheirRows) {
  TempDir dir;
  const TestJob job;
  run_job(dir / "store", job, 5);
  {
    auto store = open_store(dir / "store");
    ASSERT_TRUE(store->begin({}, {kSteps[0]}, {}));
    for (uint64_t epoch = 6; epoch < 40; ++epoch) ASSERT_TRUE(end_epoch(*store, epoch));
  }
  auto store = open_store(dir / "store");
  EXPECT_EQ(store->resume_epoch(), 39u);
  EXPECT_EQ(read_all(*store), job.state_at(5));
}

TEST(Store, SeveralThreadsMayReadAtOnce) {
  TempDir dir;
  const TestJob job;
  run_job(dir / "store", job, 40, 3);
  auto store = open_store(dir / "store");
  std::vector<std::future<State>> states;
  for (int i = 0; i < 4; ++i) {
    states.push_back(std::async(std::launch::async, [&] { return read_all(*store); }));
  }
  for (auto& state : states) EXPECT_EQ(state.get(), job.state_at(40));
}

TEST(Store, SeveralThreadsMayAddAtOnce) {
  TempDir dir;
  {
    auto store = open_store(dir / "store", 2);
    ASSERT_TRUE(store->begin({}, kSteps, {}));
    for (uint64_t epoch = 1; epoch <= 5; ++epoch) {
      std::vector<std::thread> threads;
      for (int thread = 0; thread < 3; ++thread) {
        threads.emplace_back([&, thread] {
          for (int i = 0; i < 500; ++i) {
            RowBlock block;
            block.put(std::to_string(thread * 1000 + i), 1, std::to_string(epoch));
            store->add(static_cast<uint32_t>(thread), std::move(block));
          }
        });
      }
      for (auto& thread : threads) thread.join();
      ASSERT_TRUE(end_epoch(*store, epoch));
    }
  }
  auto store = open_store(dir / "store");
  for (const auto& [step, rows] : read_all(*store)) {
    EXPECT_EQ(rows.size(), 500u) << step;
    for (const auto& [key, value] : rows) EXPECT_EQ(value.second, "5");
  }
}

TEST(Store, ClosingWaitsForTheEpochThatWasEnded) {
  TempDir dir;
  std::atomic<bool> durable{false};
  {
    auto store = open_store(dir / "store");
    ASSERT_TRUE(store->begin({}, kSteps, {}));
    RowBlock block;
    block.put("a", 1, "one");
    store->add(0, std::move(block));
    store->end_epoch(1, {}, [&](Outcome outcome) { durable = static_cast<bool>(outcome); });
  }
  EXPECT_TRUE(durable);
  EXPECT_EQ(open_store(dir / "store")->resume_epoch(), 1u);
}

TEST(Store, CreateMakesAnEmptyStoreOnce) {
  TempDir dir;
  ASSERT_TRUE(Store::create(dir / "store", "test", 3));
  const Outcome again = Store::create(dir / "store", "test", 3);
  ASSERT_FALSE(again);
  EXPECT_NE(again.failure().message.find("there is a recovery store already"), std::string::npos);
  auto store = open_store(dir / "store");
  EXPECT_EQ(store->resume_epoch(), 0u);
  EXPECT_TRUE(std::filesystem::exists(dir / "store/part-2-of-3.sqlite"));
}

}  // namespace
}  // namespace streamhost::recovery::testing
