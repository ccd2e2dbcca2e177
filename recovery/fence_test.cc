// Who may still write to a file when somebody else has taken it over, whatever became of the locks.
#include <gtest/gtest.h>

#include "recovery/store.h"
#include "recovery/test_cluster.h"
#include "recovery/test_job.h"
#include "support/process.h"

namespace streamhost::recovery::testing {
namespace {

using streamhost::testing::TempDir;
namespace fs = std::filesystem;

// As if the file system knew no locks.
void forget_locks(const fs::path& directory) { fs::remove(directory / "lock"); }

void expect_words(const Outcome& outcome, const std::vector<std::string>& words) {
  ASSERT_FALSE(outcome);
  for (const std::string& word : words) {
    EXPECT_NE(outcome.failure().message.find(word), std::string::npos)
        << word << "\n in: " << outcome.failure().message;
  }
}

TEST(Fence, AnExecutionThatWasTakenOverWritesNothingMore) {
  TempDir dir;
  const TestJob job, other{.seed = 77};
  auto old = open_store(dir / "store", 3);
  ASSERT_TRUE(old->begin({}, kSteps, {}));
  for (uint64_t epoch = 1; epoch <= 3; ++epoch) {
    ASSERT_TRUE(write_epoch(*old, epoch, job.plan(epoch)));
  }
  forget_locks(dir / "store");
  State expected = job.state_at(3);
  {
    auto fresh = open_store(dir / "store");
    ASSERT_NE(fresh, nullptr);
    ASSERT_TRUE(fresh->begin({}, kSteps, {}));
    const Outcome late = write_epoch(*old, 4, job.plan(4));
    expect_words(late, {"part-0-of-3.sqlite: execution 2 has taken over this store (started 20",
                        " UTC); this process must stop"});
    EXPECT_FALSE(write_epoch(*old, 5, job.plan(5))) << "nor any later one";
    // It holds nothing that the new one needs, not even as long as it is there.
    for (uint64_t epoch = 4; epoch <= 20; ++epoch) {
      ASSERT_TRUE(write_epoch(*fresh, epoch, other.plan(epoch)));
      apply_epoch(other.plan(epoch), expected);
    }
  }
  old.reset();
  auto store = open_store(dir / "store");
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->resume_epoch(), 20u);
  EXPECT_EQ(read_all(*store), expected);
}

TEST(Fence, ATakeoverThatHasComeHalfWayStopsAnEpochInAllFiles) {
  TempDir dir;
  const TestJob job;
  auto old = open_store(dir / "store", 2);
  ASSERT_TRUE(old->begin({}, kSteps, {}));
  ASSERT_TRUE(write_epoch(*old, 1, job.plan(1)));
  forget_locks(dir / "store");
  // The second file's is the last thing that it does not come to: the old one asks in the middle.
  auto fresh = Store::open({.directory = dir / "store",
                            .dataflow = "test",
                            .partitions = {},
                            .backup_us = 0,
                            .at = [&](std::string_view point) {
                              if (point != "store.begin_first_file") return;
                              EXPECT_FALSE(write_epoch(*old, 2, job.plan(2)));
                            }});
  ASSERT_TRUE(fresh);
  const Outcome begun = (*fresh)->begin({}, kSteps, {});
  ASSERT_TRUE(begun) << begun.failure().message;
  (*fresh).reset();
  EXPECT_EQ(open_store(dir / "store")->resume_epoch(), 1u);
}

TEST(Fence, WhoMustStopHoldsNoFileThatWasNotTakenOverYet) {
  TempDir dir;
  const TestJob job;
  const ClusterOptions options{.directories = {dir / "store", dir / "store"}};
  auto old = open_store(dir / "store", 2);
  ASSERT_TRUE(old->begin({}, kSteps, {}));
  ASSERT_TRUE(write_epoch(*old, 1, job.plan(1)));
  forget_locks(dir / "store");
  Cluster fresh = open_cluster(options);
  ASSERT_EQ(fresh.stores.size(), 2u);
  // The last file first; the old one has the first file open when it finds out.
  ASSERT_TRUE(fresh.stores[1]->begin({}, kSteps, {}));
  expect_words(write_epoch(*old, 2, job.plan(2)),
               {"part-1-of-2.sqlite: execution 2 has taken over", "must stop"});
  const Outcome begun = fresh.stores[0]->begin({}, kSteps, {});
  ASSERT_TRUE(begun) << begun.failure().message;
  ASSERT_TRUE(write_epoch(fresh, 2, job.plan(2)));
  fresh.stores.clear();
  old.reset();
  EXPECT_EQ(read_all(*open_store(dir / "store")), job.state_at(2));
}

TEST(Fence, AnExecutionDoesNotBeginOverWhatItHasNotSeen) {
  TempDir dir;
  const TestJob job;
  auto old = open_store(dir / "store");
  ASSERT_TRUE(old->begin({}, kSteps, {}));
  ASSERT_TRUE(write_epoch(*old, 1, job.plan(1)));
  forget_locks(dir / "store");
  auto fresh = open_store(dir / "store");
  ASSERT_TRUE(write_epoch(*old, 2, job.plan(2)));
  expect_words(fresh->begin({}, kSteps, {}),
               {"part-0-of-1.sqlite: somebody else has written to it", "must stop"});
  ASSERT_TRUE(write_epoch(*old, 3, job.plan(3)));
}

TEST(Fence, AStoreIsNotOpenedWhenItIsNotAnyMoreWhatWasAgreedOn) {
  TempDir dir;
  const TestJob job;
  const ClusterOptions options{.directories = {dir / "a", dir / "b"}};
  run_cluster(options, job, 3);
  const Result<Share> share = agree_all(options);
  ASSERT_TRUE(share);
  run_cluster(options, job, 4);
  const auto store = Store::open(options.of(1), *share, 1);
  ASSERT_FALSE(store);
  expect_words(store.failure(), {"b/part-1-of-2.sqlite: another job has just written to it"});
}

TEST(Fence, AFileThatWasExchangedIsNotWrittenTo) {
  TempDir dir;
  const TestJob job;
  auto store = open_store(dir / "store");
  ASSERT_TRUE(store->begin({}, kSteps, {}));
  ASSERT_TRUE(write_epoch(*store, 1, job.plan(1)));
  fs::copy_file(dir / "store/part-0-of-1.sqlite", dir / "store/copy");
  fs::rename(dir / "store/copy", dir / "store/part-0-of-1.sqlite");
  expect_words(write_epoch(*store, 2, job.plan(2)),
               {"part-0-of-1.sqlite: the file was moved, deleted or replaced", "must stop"});
}

}  // namespace
}  // namespace streamhost::recovery::testing
