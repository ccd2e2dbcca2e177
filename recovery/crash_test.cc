// What a process leaves behind when it ends at any instant.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "recovery/points.h"
#include "recovery/store.h"
#include "recovery/test_job.h"
#include "support/process.h"

namespace streamhost::recovery::testing {
namespace {

using streamhost::testing::TempDir;

constexpr int kKilled = 128 + SIGKILL;

// What a child tells before it ends, whatever way that is.
struct Told {
  uint64_t begun = 0;    // it resumed from here
  uint64_t durable = 0;  // the newest epoch it was told of
  int passed = 0;        // how often it came to the point
};

class SharedTold {
 public:
  SharedTold()
      : told_(static_cast<Told*>(::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE,
                                        MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~SharedTold() { ::munmap(told_, sizeof(Told)); }
  Told* operator->() { return told_; }
  void reset() { *told_ = {}; }

 private:
  Told* told_;
};

// Runs the job's epochs in a process of its own, which ends, as if struck by lightning, when it
// comes to `point` for the `occasion`th time, or after `last`.
pid_t start_job(const std::string& directory, const TestJob& job, uint64_t last,
                uint32_t partitions, int64_t backup_us, SharedTold& told,
                std::string_view point = {}, int occasion = 0) {
  told.reset();
  const pid_t child = ::fork();
  if (child != 0) return child;
  auto store = Store::open({.directory = directory,
                            .dataflow = "test",
                            .partitions = partitions,
                            .backup_us = backup_us,
                            .at = [&](std::string_view passed) {
                              if (passed == point && ++told->passed == occasion) {
                                ::kill(::getpid(), SIGKILL);
                              }
                            }});
  if (!store) {
    std::fprintf(stderr, "%s\n", store.failure().message.c_str());
    ::_exit(1);
  }
  told->begun = told->durable = (*store)->resume_epoch();
  if (!(*store)->begin({}, kSteps, {})) ::_exit(2);
  for (uint64_t epoch = told->begun + 1; epoch <= last; ++epoch) {
    if (!write_epoch(**store, epoch, job.plan(epoch))) ::_exit(3);
    told->durable = epoch;
  }
  ::_exit(0);  // also this leaves everything open
}

int wait_for(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// What is there is exactly what was there at the end of an epoch, and not of one too early.
void expect_whole(const std::string& directory, const TestJob& job, SharedTold& told,
                  const std::string& what) {
  auto store = open_store(directory);
  ASSERT_NE(store, nullptr) << what;
  const uint64_t epoch = store->resume_epoch();
  ASSERT_GE(epoch, told->durable) << what;
  ASSERT_LE(epoch, told->durable + 1) << what;
  ASSERT_EQ(read_all(*store), job.state_at(epoch)) << what << ", epoch " << epoch;
}

void crash_at_every_point(uint32_t partitions, int64_t backup_us) {
  SharedTold told;
  for (const std::string_view point : kPoints) {
    TempDir dir;
    const TestJob job{.seed = 7, .keys = 300, .changes = 150};
    int crashes = 0;
    for (int round = 0; round < 6; ++round) {
      const int occasion = 1 + round % 3 * 2;
      // So many that a merge is met.
      const pid_t child = start_job(dir / "store", job, 25 * static_cast<uint64_t>(round + 1),
                                    partitions, backup_us, told, point, occasion);
      const int status = wait_for(child);
      ASSERT_TRUE(status == kKilled || status == 0) << point << " status " << status;
      crashes += status == kKilled ? 1 : 0;
      expect_whole(dir / "store", job, told, std::string(point) + " " + std::to_string(round));
      if (::testing::Test::HasFatalFailure()) return;
    }
    const bool expected = (point != kPointFirstFile || partitions > 1) &&
                          ((point != kPointMerging && point != kPointMerged) || backup_us == 0);
    EXPECT_EQ(crashes > 0, expected) << point;
  }
}

TEST(Crash, AtEveryPointWithOneFile) { crash_at_every_point(1, 0); }
TEST(Crash, AtEveryPointWithSeveralFiles) { crash_at_every_point(3, 0); }
TEST(Crash, AtEveryPointWithBackup) { crash_at_every_point(2, 3'600'000'000); }

TEST(Crash, KilledAtRandomMoments) {
  const char* many = std::getenv("STREAMHOST_RECOVERY_KILLS");
  const int kills = many == nullptr ? 60 : std::atoi(many);
  SharedTold told;
  std::mt19937_64 random(11);
  for (const uint32_t partitions : {1u, 4u}) {
    TempDir dir;
    const TestJob job{.seed = 20 + partitions};
    for (int kill = 0; kill < kills / 2; ++kill) {
      const pid_t child = start_job(dir / "store", job, 1'000'000, partitions, 0, told);
      ::usleep(static_cast<useconds_t>(random() % 40'000));
      ::kill(child, SIGKILL);
      ASSERT_EQ(wait_for(child), kKilled);
      // It may have been killed before it had the store open.
      if (!std::filesystem::exists(dir / "store")) continue;
      auto store = Store::open({.directory = dir / "store",
                                .dataflow = "test",
                                .partitions = partitions,
                                .backup_us = 0,
                                .at = {}});
      ASSERT_TRUE(store) << store.failure().message;
      const uint64_t epoch = (*store)->resume_epoch();
      ASSERT_GE(epoch, told->durable);
      // Working out the state of thousands of epochs again and again would be what takes the time.
      if (kill % 5 == 4 || epoch < 100) {
        ASSERT_EQ(read_all(**store), job.state_at(epoch)) << epoch;
      }
    }
  }
}

TEST(Crash, WhileTheStoreIsBeingMade) {
  // Files are made one after the other; some are there, others are not.
  for (const std::string_view lost :
       {"part-0-of-3.sqlite", "part-1-of-3.sqlite", "part-2-of-3.sqlite"}) {
    TempDir dir;
    ASSERT_TRUE(Store::create(dir / "store", "test", 3));
    std::filesystem::remove(std::filesystem::path(dir / "store") / lost);
    dir.write("store/part-1-of-3.sqlite.new", "half a file");
    auto store = open_store(dir / "store");
    ASSERT_NE(store, nullptr);
    ASSERT_TRUE(store->begin({}, kSteps, {}));
    ASSERT_TRUE(end_epoch(*store, 1));
  }
}

TEST(Crash, TheFirstEpochOnlyInSomeFilesIsNoEpoch) {
  TempDir dir;
  SharedTold told;
  const TestJob job;
  const pid_t child = start_job(dir / "store", job, 5, 3, 0, told, kPointFirstFile, 1);
  ASSERT_EQ(wait_for(child), kKilled);
  auto store = open_store(dir / "store");
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->resume_epoch(), 0u);
  EXPECT_TRUE(read_all(*store).empty());
}

TEST(Crash, RowsThatNeverBecameWholeAreListedUntilTheNextExecution) {
  TempDir dir;
  SharedTold told;
  const TestJob job{.seed = 5, .big_values = false};
  // The third epoch is in the first of two files only.
  const pid_t child = start_job(dir / "store", job, 5, 2, 0, told, kPointFirstFile, 3);
  ASSERT_EQ(wait_for(child), kKilled);
  Rows expected;
  for (const auto& change : job.plan(3).changes) {
    if (kSteps[change.step].id != "out") continue;
    expected.erase(change.key);
    if (!change.erase) expected[change.key] = {0, change.value};
  }
  auto store = open_store(dir / "store");
  EXPECT_EQ(store->resume_epoch(), 2u);
  auto found = store->unfinished("out");
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->empty());
  EXPECT_LT(found->size(), expected.size());
  for (const auto& [key, value] : *found) EXPECT_EQ(expected[key].second, value);
  ASSERT_TRUE(store->begin({}, kSteps, {}));
  store.reset();
  store = open_store(dir / "store");
  found = store->unfinished("out");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->empty());
}

}  // namespace
}  // namespace streamhost::recovery::testing
