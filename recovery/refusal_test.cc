// Stores that cannot be used: each says why and what to do, and is left as it was.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recovery/store.h"
#include "recovery/test_job.h"
#include "support/process.h"

namespace streamhost::recovery::testing {
namespace {

using streamhost::testing::TempDir;
namespace fs = std::filesystem;

constexpr int64_t kHour = 3'600'000'000;

// Refused with a message that has all of `words`; nothing is changed by it.
void expect_refused(const fs::path& directory, const std::vector<std::string>& words,
                    const std::string& dataflow = "test", std::optional<uint32_t> partitions = {}) {
  const auto before = all_bytes(directory);
  const std::string message = refusal(directory, dataflow, partitions);
  EXPECT_NE(message, "");
  for (const std::string& word : words) {
    EXPECT_NE(message.find(word), std::string::npos) << word << "\n in: " << message;
  }
  EXPECT_TRUE(all_bytes(directory) == before) << "the store was changed";
}

void execute(const fs::path& file, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

TEST(Refusal, LookingAtAStoreChangesNothing) {
  TempDir dir;
  run_job(dir / "store", TestJob(), 10, 2);
  const auto before = all_bytes(dir / "store");
  {
    auto store = open_store(dir / "store");
    read_all(*store);
  }
  EXPECT_TRUE(all_bytes(dir / "store") == before);
}

TEST(Refusal, LookingAtAStoreThatWasKilledChangesNothing) {
  TempDir dir;
  if (const pid_t child = ::fork(); child == 0) {
    auto store = open_store(dir / "store", 2);
    static_cast<void>(store->begin({}, kSteps, {}));
    for (uint64_t epoch = 1; epoch < 10; ++epoch) {
      static_cast<void>(write_epoch(*store, epoch, TestJob().plan(epoch)));
    }
    ::_exit(0);
  } else {
    ::waitpid(child, nullptr, 0);
  }
  const auto before = all_bytes(dir / "store");
  ASSERT_FALSE(before.at("part-0-of-2.sqlite-wal").empty());
  EXPECT_EQ(read_all(*open_store(dir / "store")), TestJob().state_at(9));
  EXPECT_TRUE(all_bytes(dir / "store") == before);
  expect_refused(dir / "store", {"\"other\""}, "other");
}

TEST(Refusal, AnotherDataflow) {
  TempDir dir;
  run_job(dir / "store", TestJob(), 3);
  expect_refused(dir / "store",
                 {"part-0-of-1.sqlite", "belongs to the dataflow \"test\", not to \"other\"",
                  "use another directory"},
                 "other");
}

TEST(Refusal, AnotherNumberOfPartitions) {
  TempDir dir;
  run_job(dir / "store", TestJob(), 3, 2);
  expect_refused(dir / "store",
                 {"has 2 partitions and cannot be opened with 4", "leave partitions out"}, "test",
                 4);
}

TEST(Refusal, ANewerFormat) {
  TempDir dir;
  run_job(dir / "store", TestJob(), 3);
  execute(dir / "store/part-0-of-1.sqlite", "PRAGMA user_version = 2");
  expect_refused(dir / "store", {"part-0-of-1.sqlite", "format version 2", "versions up to 1"});
}

TEST(Refusal, AMissingFile) {
  TempDir dir;
  run_job(dir / "store", TestJob(), 3, 3);
  fs::remove(dir / "store/part-1-of-3.sqlite");
  expect_refused(dir / "store", {"part-1-of-3.sqlite: missing", "put it back"});
}

TEST(Refusal, TheOnlyFileMissing) {
  TempDir dir;
  run_job(dir / "store", TestJob(), 3);
  fs::remove(dir / "store/part-0-of-1.sqlite");
  expect_refused(dir / "store", {"part-0-of-1.sqlite: missing", "epoch 3 was committed"});
}

TEST(Refusal, AFileOfAnotherStore) {
  TempDir dir;
  run_job(dir / "store", TestJob(), 3, 2);
  run_job(dir / "other", TestJob(), 3, 2);
  fs::copy_file(dir / "other/part-1-of-2.sqlite", dir / "store/part-1-of-2.sqlite",
                fs::copy_options::overwrite_existing);
  expect_refused(dir / "store", {"part-1-of-2.sqlite: belongs to another store"});
}

TEST(Refusal, TheOnlyFileOfAnotherStore) {
  TempDir dir;
  run_job(dir / "store", TestJob(), 3);
  run_job(dir / "other", TestJob(), 4);
  fs::copy_file(dir / "other/part-0-of-1.sqlite", dir / "store/part-0-of-1.sqlite",
                fs::copy_options::overwrite_existing);
  expect_refused(dir / "store", {"part-0-of-1.sqlite: belongs to another store"});
}

TEST(Refusal, FilesInEachOthersPlace) {
  TempDir dir;
  run_job(dir / "store", TestJob(), 3, 2);
  fs::rename(dir / "store/part-0-of-2.sqlite", dir / "store/x");
  fs::rename(dir / "store/part-1-of-2.sqlite", dir / "store/part-0-of-2.sqlite");
  fs::rename(dir / "store/x", dir / "store/part-1-of-2.sqlite");
  expect_refused(dir / "store", {"part-0-of-2.sqlite: is file 1 of 2"});
}

TEST(Refusal, FilesOfStoresOfDifferentSize) {
  TempDir dir;
  run_job(dir / "store", TestJob(), 3, 2);
  run_job(dir / "other", TestJob(), 3, 1);
  fs::copy_file(dir / "other/part-0-of-1.sqlite", dir / "store/part-0-of-1.sqlite");
  expect_refused(dir / "store", {"files of several stores"});
}

TEST(Refusal, SomethingElseInsteadOfAFile) {
  TempDir dir;
  run_job(dir / "store", TestJob(), 3, 2);
  dir.write("store/part-1-of-2.sqlite", "");
  expect_refused(dir / "store", {"part-1-of-2.sqlite: not a file of a recovery store"});
  dir.write("store/part-1-of-2.sqlite", std::string(10'000, 'x'));
  expect_refused(dir / "store", {"part-1-of-2.sqlite", "file is not a database"});
  fs::remove(dir / "store/part-1-of-2.sqlite");
  fs::create_directory(dir / "store/part-1-of-2.sqlite");
  expect_refused(dir / "store", {"part-1-of-2.sqlite", "cannot open"});
}

TEST(Refusal, AFileInPlaceOfTheDirectory) {
  TempDir dir;
  dir.write("store", "");
  EXPECT_NE(refusal(dir / "store").find("cannot make the directory"), std::string::npos);
}

TEST(Refusal, ADirectoryThatCannotBeWritten) {
  // Where even root cannot write.
  EXPECT_NE(refusal("/proc/streamhost-store").find("cannot make the directory"), std::string::npos);
  const std::string message = refusal("/proc/self");
  EXPECT_NE(message.find("/proc/self/lock: cannot open it"), std::string::npos) << message;
  EXPECT_NE(message.find("use another one"), std::string::npos) << message;
}

TEST(Refusal, AStoreThatAnotherProcessWorksOn) {
  TempDir dir;
  run_job(dir / "store", TestJob(), 3);
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = open_store(dir / "store");
    static_cast<void>(::write(ready[1], "x", 1) == 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  expect_refused(dir / "store", {"another job works on this store",
                                 "(process " + std::to_string(child) + ")", "stop it"});
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(refusal(dir / "store"), "");
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(Refusal, AStoreThatThisProcessWorksOn) {
  TempDir dir;
  auto store = open_store(dir / "store");
  expect_refused(dir / "store", {"another job works on this store"});
}

// Files of different ages: one file of a store of three comes from an older copy.
void restore_one_file(const std::string& store, const std::string& copy) {
  fs::copy_file(copy + "/part-1-of-3.sqlite", store + "/part-1-of-3.sqlite",
                fs::copy_options::overwrite_existing);
}

TEST(Refusal, AnOlderCopyOfAFileWithoutBackup) {
  TempDir dir;
  const TestJob job;
  run_job(dir / "store", job, 5, 3);
  copy_directory(dir / "store", dir / "copy");
  run_job(dir / "store", job, 12, 3);
  restore_one_file(dir / "store", dir / "copy");
  expect_refused(dir / "store", {"part-1-of-3.sqlite", "different ages", "this one has epoch 5",
                                 "cannot go back behind epoch 1", "restore the files from one time",
                                 "\"backup\""});
}

TEST(Refusal, AnOlderCopyOfAFileWithinBackupIsResumedFrom) {
  TempDir dir;
  const TestJob job;
  run_job(dir / "store", job, 5, 3, kHour);
  copy_directory(dir / "store", dir / "copy");
  run_job(dir / "store", job, 40, 3, kHour);
  restore_one_file(dir / "store", dir / "copy");
  {
    auto store = open_store(dir / "store");
    ASSERT_NE(store, nullptr);
    EXPECT_EQ(store->resume_epoch(), 5u);
    EXPECT_EQ(read_all(*store), job.state_at(5));
  }
  // And on from there, another way than before.
  const TestJob other{.seed = 99};
  State expected = job.state_at(5);
  {
    auto store = open_store(dir / "store", 3, kHour);
    ASSERT_TRUE(store->begin({}, kSteps, {}));
    for (uint64_t epoch = 6; epoch < 30; ++epoch) {
      ASSERT_TRUE(write_epoch(*store, epoch, other.plan(epoch)));
      apply_epoch(other.plan(epoch), expected);
    }
  }
  auto store = open_store(dir / "store");
  EXPECT_EQ(read_all(*store), expected);
}

TEST(Refusal, AnEpochOfAnotherExecutionIsNotTheSameEpoch) {
  TempDir dir;
  const TestJob job;
  run_job(dir / "store", job, 5, 3, kHour);
  copy_directory(dir / "store", dir / "copy");
  // Two lives from epoch 5 on, with the same numbers.
  run_job(dir / "store", job, 9, 3, kHour);
  run_job(dir / "copy", TestJob{.seed = 2}, 9, 3, kHour);
  restore_one_file(dir / "store", dir / "copy");
  auto store = open_store(dir / "store");
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->resume_epoch(), 5u);
  EXPECT_EQ(read_all(*store), job.state_at(5));
}

TEST(Refusal, AnOlderCopyOfAllFilesWithoutBackup) {
  TempDir dir;
  const TestJob job;
  run_job(dir / "store", job, 5);
  copy_directory(dir / "store", dir / "copy");
  run_job(dir / "store", job, 12);
  fs::copy_file(dir / "copy/part-0-of-1.sqlite", dir / "store/part-0-of-1.sqlite",
                fs::copy_options::overwrite_existing);
  expect_refused(dir / "store", {"epoch 12 was committed, but the store has epoch 5",
                                 "delete " + (dir / "store/committed")});
  // Whoever wants that may have it.
  fs::remove(dir / "store/committed");
  EXPECT_EQ(read_all(*open_store(dir / "store")), job.state_at(5));
}

TEST(Refusal, AnOlderCopyOfTheWholeDirectoryIsResumedFrom) {
  TempDir dir;
  const TestJob job;
  run_job(dir / "store", job, 5, 2);
  copy_directory(dir / "store", dir / "copy");
  run_job(dir / "store", job, 12, 2);
  copy_directory(dir / "copy", dir / "store");
  EXPECT_EQ(read_all(*open_store(dir / "store")), job.state_at(5));
}

}  // namespace
}  // namespace streamhost::recovery::testing
