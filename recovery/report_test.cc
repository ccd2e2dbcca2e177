#include "recovery/report.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "recovery/store.h"
#include "recovery/test_job.h"
#include "support/process.h"

namespace streamhost::recovery::testing {
namespace {

using streamhost::testing::TempDir;

TEST(Report, SaysWhatIsInAStore) {
  TempDir dir;
  for (int round = 0; round < 2; ++round) {
    auto store = open_store(dir / "store", 2);
    ASSERT_TRUE(store->begin({.workers = 3, .processes = 2, .host_version = "0.1"}, kSteps, {}));
    RowBlock block;
    block.put("small", 1, "x");
    block.put("big", 1, std::string(1000, 'x'));
    block.put("middle", 1, std::string(100, 'x'));
    store->add(1, std::move(block));
    ASSERT_TRUE(end_epoch(*store, store->resume_epoch() + 1));
  }
  const auto before = all_bytes(dir / "store");
  auto found = report(dir / "store", 2);
  ASSERT_TRUE(found) << found.failure().message;
  EXPECT_TRUE(all_bytes(dir / "store") == before);
  EXPECT_EQ(found->dataflow, "test");
  EXPECT_EQ(found->format, 1u);
  EXPECT_EQ(found->partitions, 2u);
  EXPECT_EQ(found->resume_epoch, 2u);
  EXPECT_GE(found->oldest_epoch, 1u);
  EXPECT_LE(found->oldest_epoch, 2u);
  EXPECT_FALSE(found->in_use);
  EXPECT_GT(found->file_bytes, 1000u);
  ASSERT_EQ(found->executions.size(), 2u);
  EXPECT_EQ(found->executions[1].number, 2u);
  EXPECT_EQ(found->executions[1].resumed_from, 1u);
  EXPECT_EQ(found->executions[1].workers, 3u);
  EXPECT_EQ(found->executions[1].processes, 2u);
  EXPECT_EQ(found->executions[1].host_version, "0.1");
  ASSERT_EQ(found->epochs.size(), 2u);
  EXPECT_EQ(found->epochs[1].epoch, 2u);
  EXPECT_EQ(found->epochs[1].execution, 2u);
  EXPECT_EQ(found->epochs[1].rows, 3u);
  ASSERT_EQ(found->steps.size(), 3u);
  const ReportedStep& counts = found->steps[0];
  EXPECT_EQ(counts.id, "counts");
  EXPECT_EQ(counts.keys, 3u);
  EXPECT_EQ(counts.bytes, 5u + 1 + 3 + 1000 + 6 + 100);
  EXPECT_GT(counts.stored_bytes, 2 * counts.bytes);
  ASSERT_EQ(counts.biggest.size(), 2u);
  EXPECT_EQ(counts.biggest[0].key, "big");
  EXPECT_EQ(counts.biggest[0].bytes, 1003u);
  EXPECT_EQ(counts.biggest[1].key, "middle");
}

TEST(Report, MayBeMadeWhileAJobRuns) {
  TempDir dir;
  auto store = open_store(dir / "store", 3);
  ASSERT_TRUE(store->begin({}, kSteps, {}));
  const TestJob job{.seed = 4, .big_values = false};
  std::atomic<bool> stop{false};
  std::thread thread([&] {
    for (uint64_t epoch = 1; !stop; ++epoch) {
      ASSERT_TRUE(write_epoch(*store, epoch, job.plan(epoch)));
    }
  });
  for (int i = 0; i < 30; ++i) {
    auto found = report(dir / "store", 3);
    ASSERT_TRUE(found) << found.failure().message;
    EXPECT_TRUE(found->in_use);
    const State expected = job.state_at(found->resume_epoch);
    for (const ReportedStep& step : found->steps) {
      EXPECT_EQ(step.keys, expected.at(step.id).size()) << "epoch " << found->resume_epoch;
    }
  }
  stop = true;
  thread.join();
}

TEST(Report, NeedsAStore) {
  TempDir dir;
  auto found = report(dir.path(), 1);
  ASSERT_FALSE(found);
  EXPECT_NE(found.failure().message.find("no recovery store"), std::string::npos);
  found = report(dir.path() / "nowhere", 1);
  ASSERT_FALSE(found);
  EXPECT_NE(found.failure().message.find("cannot read the directory"), std::string::npos);
}

}  // namespace
}  // namespace streamhost::recovery::testing
