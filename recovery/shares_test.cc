// Stores whose files lie with several processes.
#include "recovery/shares.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recovery/report.h"
#include "recovery/test_cluster.h"
#include "support/process.h"

namespace streamhost::recovery::testing {
namespace {

using streamhost::testing::TempDir;
namespace fs = std::filesystem;

constexpr int64_t kHour = 3'600'000'000;

ClusterOptions separate(TempDir& dir, uint32_t processes) {
  ClusterOptions options;
  for (uint32_t process = 0; process < processes; ++process) {
    options.directories.push_back(dir / ("p" + std::to_string(process)));
  }
  return options;
}

ClusterOptions shared(TempDir& dir, uint32_t processes) {
  return {.directories = std::vector<fs::path>(processes, dir / "store")};
}

void expect_state(const ClusterOptions& options, const TestJob& job, uint64_t epoch) {
  Cluster cluster = open_cluster(options);
  ASSERT_FALSE(cluster.stores.empty());
  EXPECT_EQ(cluster.resume_epoch(), epoch);
  EXPECT_EQ(read_all(cluster), job.state_at(epoch));
}

TEST(Shares, EachProcessMakesItsFileInItsOwnFolder) {
  TempDir dir;
  const ClusterOptions options = separate(dir, 3);
  const TestJob job;
  run_cluster(options, job, 20);
  for (const std::string number : {"0", "1", "2"}) {
    EXPECT_TRUE(fs::exists(dir / ("p" + number + "/part-" + number + "-of-3.sqlite")));
    EXPECT_TRUE(fs::exists(dir / ("p" + number + "/committed")));
  }
  expect_state(options, job, 20);
  run_cluster(options, job, 40);
  expect_state(options, job, 40);
}

TEST(Shares, OneFolderMayBeSharedByAll) {
  TempDir dir;
  const ClusterOptions options = shared(dir, 3);
  const TestJob job;
  run_cluster(options, job, 30);
  const Result<Share> share = agree_all(options);
  ASSERT_TRUE(share);
  EXPECT_TRUE(share->notes.empty());
  for (uint32_t number = 0; number < 3; ++number) EXPECT_EQ(share->parts[number].process, number);
  expect_state(options, job, 30);
}

TEST(Shares, NewestRowsWinOverManyExecutions) {
  for (const bool one_folder : {false, true}) {
    TempDir dir;
    ClusterOptions options = one_folder ? shared(dir, 3) : separate(dir, 3);
    options.partitions = 5;
    const TestJob job{.seed = 31};
    for (uint64_t last = 25; last <= 100; last += 25) {
      run_cluster(options, job, last);
      expect_state(options, job, last);
    }
  }
}

TEST(Shares, AProcessMayHaveNoFile) {
  TempDir dir;
  const TestJob job;
  ClusterOptions options = separate(dir, 3);
  options.partitions = 2;
  Cluster cluster = open_cluster(options);
  ASSERT_TRUE(begin_all(cluster));
  EXPECT_FALSE(fs::exists(dir / "p2"));
  // Also by itself.
  EXPECT_EQ(cluster.stores[2]->resume_epoch(), 0u);
  EXPECT_TRUE(cluster.stores[2]->steps().empty());
  for (uint64_t epoch = 1; epoch <= 5; ++epoch) {
    ASSERT_TRUE(write_epoch(cluster, epoch, job.plan(epoch)));
  }
  cluster.stores.clear();
  expect_state(options, job, 5);
}

TEST(Shares, ARowThatAnotherProcessKeepsFailsTheEpoch) {
  TempDir dir;
  ClusterOptions options = separate(dir, 3);
  options.partitions = 2;
  Cluster cluster = open_cluster(options);
  ASSERT_TRUE(begin_all(cluster));
  for (const uint32_t process : {0u, 2u}) {
    RowBlock block;
    std::string key = "key";
    while (cluster.stores[0]->process_of(0, key) != 1) key += "y";
    EXPECT_EQ(cluster.stores[0]->part_of(0, key), 1u);
    block.put(key, 1, "value");
    cluster.stores[process]->add(0, std::move(block));
    const Outcome ended = end_epoch(*cluster.stores[process], 1);
    ASSERT_FALSE(ended);
    EXPECT_NE(ended.failure().message.find("a row of recovery partition 1"), std::string::npos);
  }
}

TEST(Shares, TheStoreSaysOnHowManyProcessesItRan) {
  TempDir dir;
  run_cluster(shared(dir, 3), TestJob(), 3);
  run_cluster(shared(dir, 2), TestJob(), 6);
  const auto found = report(dir / "store", 0);
  ASSERT_TRUE(found) << found.failure().message;
  ASSERT_EQ(found->executions.size(), 2u);
  EXPECT_EQ(found->executions[0].processes, 3u);
  EXPECT_EQ(found->executions[1].processes, 2u);
  EXPECT_EQ(found->executions[1].number, 2u);
  EXPECT_EQ(found->executions[1].resumed_from, 3u);
}

TEST(Shares, AllFilesKnowTheSameExecution) {
  TempDir dir;
  run_cluster(separate(dir, 2), TestJob(), 3);
  const auto all = look_all(separate(dir, 2));
  ASSERT_TRUE(all);
  EXPECT_EQ((*all)[0].held[0].nonce, (*all)[1].held[0].nonce);
  EXPECT_EQ((*all)[0].held[0].epochs, (*all)[1].held[0].epochs);
}

TEST(Shares, StepsOfTheWholeStoreAreThoseOfOneFileAlone) {
  TempDir dir;
  const TestJob job;
  run_cluster(separate(dir, 3), job, 10);
  run_job(dir / "alone", job, 10);
  Cluster cluster = open_cluster(separate(dir, 3));
  std::vector<std::string> all;
  for (auto& store : cluster.stores) all.push_back(encode(store->steps()));
  const auto steps = combine(all);
  ASSERT_TRUE(steps);
  const auto alone = open_store(dir / "alone");
  ASSERT_EQ(steps->size(), alone->steps().size());
  for (size_t i = 0; i < steps->size(); ++i) {
    EXPECT_EQ((*steps)[i].id, alone->steps()[i].id);
    EXPECT_EQ((*steps)[i].component, alone->steps()[i].component);
    EXPECT_EQ((*steps)[i].newest_version, alone->steps()[i].newest_version);
  }
}

TEST(Shares, LookingWritesNothing) {
  TempDir dir;
  run_cluster(separate(dir, 2), TestJob(), 10);
  const auto before = all_bytes(dir / "p1");
  ASSERT_TRUE(look(separate(dir, 2).of(1)));
  EXPECT_TRUE(all_bytes(dir / "p1") == before);
  // Also where there is nothing.
  ASSERT_TRUE(look(separate(dir, 3).of(2)));
  EXPECT_FALSE(fs::exists(dir / "p2"));
}

TEST(Shares, AStoreAtWorkMayBeLookedAt) {
  TempDir dir;
  const ClusterOptions options = shared(dir, 2);
  Cluster cluster = open_cluster(options);
  ASSERT_TRUE(begin_all(cluster));
  const TestJob job{.big_values = false};
  for (uint64_t epoch = 1; epoch <= 20; ++epoch) {
    ASSERT_TRUE(write_epoch(cluster, epoch, job.plan(epoch)));
    const Result<Holding> holding = look(options.of(0));
    ASSERT_TRUE(holding) << holding.failure().message;
    ASSERT_EQ(holding->held.size(), 2u);
    EXPECT_EQ(holding->held[1].newest_epoch(), static_cast<int64_t>(epoch));
    EXPECT_NE(holding->held[1].locked_by, 0);
  }
}

TEST(Shares, FewerProcessesTakeUpASharedFolder) {
  TempDir dir;
  const TestJob job;
  run_cluster(shared(dir, 3), job, 20);
  expect_state(shared(dir, 2), job, 20);
  run_cluster(shared(dir, 2), job, 30);
  expect_state(shared(dir, 1), job, 30);
  // And one alone, which need not know of any of this.
  run_job(dir / "store", job, 40, 3);
  run_cluster(shared(dir, 4), job, 50);
  expect_state(shared(dir, 3), job, 50);
}

TEST(Shares, FewerProcessesTakeUpFilesThatWereMoved) {
  TempDir dir;
  const TestJob job;
  run_cluster(separate(dir, 3), job, 20);
  EXPECT_NE(refusal_of_all(separate(dir, 2)).find("part-2-of-3.sqlite: missing"),
            std::string::npos);
  fs::rename(dir / "p2/part-2-of-3.sqlite", dir / "p0/part-2-of-3.sqlite");
  expect_state(separate(dir, 2), job, 20);
  run_cluster(separate(dir, 2), job, 30);
  // The third one comes back, with nothing but what is known to be committed.
  run_cluster(separate(dir, 3), job, 40);
  expect_state(separate(dir, 2), job, 40);
}

TEST(Shares, AnOlderCopyIsLeftAlone) {
  TempDir dir;
  const TestJob job;
  run_cluster(separate(dir, 2), job, 10);
  fs::copy_file(dir / "p0/part-0-of-2.sqlite", dir / "p1/part-0-of-2.sqlite");
  // Either copy may be opened; from then on the other one is an old one.
  run_cluster(separate(dir, 2), job, 15);
  const Result<Share> share = agree_all(separate(dir, 2));
  ASSERT_TRUE(share) << share.failure().message;
  ASSERT_EQ(share->notes.size(), 1u);
  EXPECT_NE(share->notes[0].find("a copy that is not used"), std::string::npos);
  run_cluster(separate(dir, 2), job, 25);
  expect_state(separate(dir, 2), job, 25);
}

TEST(Shares, AnOlderCopyAloneIsRefused) {
  TempDir dir;
  const TestJob job;
  run_cluster(separate(dir, 2), job, 5);
  copy_directory(dir / "p1", dir / "old");
  run_cluster(separate(dir, 2), job, 12);
  // The folder as a whole, so that only the others know better.
  copy_directory(dir / "old", dir / "p1");
  const std::string message = refusal_of_all(separate(dir, 2));
  EXPECT_NE(message.find("process 1: " + (dir / "p1/part-1-of-2.sqlite")), std::string::npos)
      << message;
  EXPECT_NE(message.find("different ages"), std::string::npos) << message;
}

TEST(Shares, AnOlderCopyWithinBackupIsResumedFrom) {
  TempDir dir;
  const TestJob job;
  ClusterOptions options = separate(dir, 2);
  options.backup_us = kHour;
  run_cluster(options, job, 5);
  copy_directory(dir / "p1", dir / "old");
  run_cluster(options, job, 12);
  copy_directory(dir / "old", dir / "p1");
  expect_state(options, job, 5);
  run_cluster(options, job, 20);
  expect_state(options, job, 20);
}

TEST(Shares, MakingThatWasInterruptedIsDoneToItsEnd) {
  TempDir dir;
  const TestJob job;
  const ClusterOptions options = separate(dir, 3);
  {
    const Result<Share> share = agree_all(options);
    ASSERT_TRUE(Store::open(options.of(1), *share, 1));
  }
  EXPECT_FALSE(fs::exists(dir / "p0"));
  const Result<Share> share = agree_all(options);
  ASSERT_TRUE(share) << share.failure().message;
  EXPECT_FALSE(share->parts[1].make);
  {
    // This time one begins before another one has its file.
    auto store = Store::open(options.of(1), *share, 1);
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->begin({}, kSteps, {}));
  }
  run_cluster(options, job, 10);
  expect_state(options, job, 10);
}

TEST(Shares, TwoJobsKeepEachOtherOut) {
  TempDir dir;
  const ClusterOptions options = shared(dir, 2);
  run_cluster(options, TestJob(), 3);
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    // It has the second part only.
    const Result<Share> share = agree_all(options);
    auto store = Store::open(options.of(1), *share, 1);
    static_cast<void>(::write(ready[1], "x", 1) == 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const Result<Share> share = agree_all(options);
  ASSERT_TRUE(share);
  EXPECT_TRUE(Store::open(options.of(0), *share, 0)) << "the first part is free";
  const auto refused = Store::open(options.of(1), *share, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.failure().message,
            (dir / "store") + ": another job works on this store (process " +
                std::to_string(child) + "); stop it, or use another directory");
  EXPECT_NE(refusal(dir / "store").find("(process " + std::to_string(child) + ")"),
            std::string::npos);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(Store::open(options.of(1), *share, 1));
  ::close(ready[0]);
  ::close(ready[1]);
}

// An epoch that one process has, and others do not, must leave the one before it possible, however
// much of that it makes useless.
TEST(Shares, WhatOnlySomeHaveDestroysNothing) {
  TempDir dir;
  const ClusterOptions options = separate(dir, 2);
  const TestJob job;
  {
    Cluster cluster = open_cluster(options);
    ASSERT_TRUE(begin_all(cluster));
    for (uint64_t epoch = 1; epoch <= 9; ++epoch) {
      ASSERT_TRUE(write_epoch(cluster, epoch, job.plan(epoch)));
    }
    // Nothing older is needed after these, and a file is tidied up before a further epoch; but the
    // second process has none of them.
    ASSERT_TRUE(write_share(*cluster.stores[0], 0, 10, job.plan(10)));
    ASSERT_TRUE(end_epoch(*cluster.stores[0], 120, {0, 1, 2}));
    ASSERT_TRUE(end_epoch(*cluster.stores[0], 130, {0, 1, 2}));
  }
  const Result<Holding> ahead = look(options.of(0));
  ASSERT_TRUE(ahead);
  EXPECT_EQ(ahead->held[0].newest_epoch(), 130);
  EXPECT_LE(ahead->held[0].horizon, 9);
  expect_state(options, job, 9);
  // And on from there: what was ahead is given up.
  run_cluster(options, job, 20);
  expect_state(options, job, 20);
}

TEST(Shares, WhatAllHaveMayDestroyWhatIsOlder) {
  TempDir dir;
  const ClusterOptions options = separate(dir, 2);
  const TestJob job;
  {
    Cluster cluster = open_cluster(options);
    ASSERT_TRUE(begin_all(cluster));
    for (uint64_t epoch = 1; epoch <= 9; ++epoch) {
      ASSERT_TRUE(write_epoch(cluster, epoch, job.plan(epoch)));
    }
    ASSERT_TRUE(end_epoch(*cluster.stores[0], 10));
  }
  for (const uint32_t process : {0u, 1u}) {
    const Result<Holding> holding = look(options.of(process));
    ASSERT_TRUE(holding);
    ASSERT_TRUE(holding->marker);
    EXPECT_EQ(holding->marker->epoch, 9) << "what was noted is on record when it is closed";
  }
  EXPECT_EQ(look(options.of(0))->held[0].horizon, 9);
}

TEST(Shares, WhatIsDurableHereIsNotOnRecordAsCommitted) {
  TempDir dir;
  const ClusterOptions options = separate(dir, 2);
  {
    Cluster cluster = open_cluster(options);
    ASSERT_TRUE(begin_all(cluster));
    for (auto& store : cluster.stores) ASSERT_TRUE(end_epoch(*store, 1));
    // Nonsense is not believed.
    cluster.stores[1]->note_committed(2);
  }
  for (const uint32_t process : {0u, 1u}) {
    const Result<Holding> holding = look(options.of(process));
    ASSERT_TRUE(holding && holding->marker);
    EXPECT_EQ(holding->marker->epoch, 0);
    EXPECT_EQ(holding->held[0].newest_epoch(), 1);
  }
  // But it is what the next ones go on from.
  EXPECT_EQ(open_cluster(options).resume_epoch(), 1u);
}

}  // namespace
}  // namespace streamhost::recovery::testing
