// Bytes that are not what was written, and disks that take no more.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "recovery/report.h"
#include "recovery/store.h"
#include "recovery/test_job.h"
#include "support/process.h"

namespace streamhost::recovery::testing {
namespace {

using streamhost::testing::TempDir;
namespace fs = std::filesystem;

constexpr uint64_t kLast = 30;

// A store as a killed process leaves it: with a log.
void run_and_kill(const std::string& directory, const TestJob& job, uint32_t partitions) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = open_store(directory, partitions);
    if (!store->begin({}, kSteps, {})) ::_exit(1);
    for (uint64_t epoch = 1; epoch <= kLast; ++epoch) {
      if (!write_epoch(*store, epoch, job.plan(epoch))) ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
}

// What comes of a damaged store: refused, or the rows of the last epoch, every one of them right.
void expect_refused_or_right(const std::string& directory, const State& expected, int& refused,
                             const std::string& what) {
  auto store = Store::open(
      {.directory = directory, .dataflow = "test", .partitions = {}, .backup_us = 0, .at = {}});
  if (!store) {
    ++refused;
    EXPECT_NE(store.failure().message.find(directory), std::string::npos)
        << store.failure().message;
    return;
  }
  Result<State> state = try_read_all(**store);
  if (!state) {
    ++refused;
    EXPECT_NE(state.failure().message.find(directory), std::string::npos)
        << state.failure().message;
    return;
  }
  ASSERT_EQ((*store)->resume_epoch(), kLast) << what;
  ASSERT_TRUE(*state == expected) << what;
}

void flip_bytes(const std::string& original, const std::string& work, const State& expected,
                uint64_t seed, int count) {
  std::mt19937_64 random(seed);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(original)) {
    if (fs::file_size(entry.path()) > 0) files.push_back(entry.path());
  }
  int refused = 0;
  for (int flip = 0; flip < count; ++flip) {
    copy_directory(original, work);
    const fs::path& source = files[random() % files.size()];
    const fs::path file = fs::path(work) / source.filename();
    const auto size = fs::file_size(file);
    // Where files say what they are, and anywhere.
    const uint64_t offset =
        random() % 3 == 0 ? random() % std::min<uint64_t>(size, 200) : random() % size;
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(offset));
    const int byte = stream.get();
    stream.seekp(static_cast<std::streamoff>(offset));
    const int mask = random() % 2 == 0 ? 1 << (random() % 8) : static_cast<int>(1 + random() % 255);
    stream.put(static_cast<char>(byte ^ mask));
    stream.close();
    expect_refused_or_right(work, expected, refused,
                            file.filename().string() + " offset " + std::to_string(offset) +
                                " mask " + std::to_string(mask));
    if (::testing::Test::HasFatalFailure()) return;
    // Looking at it does no harm either, whatever it says.
    static_cast<void>(report(work, 3));
  }
  EXPECT_GT(refused, count / 20);  // else the test flips what nobody reads
}

TEST(Damage, FlippedBytesAreRefusedOrHarmless) {
  TempDir dir;
  const TestJob job{.seed = 3, .keys = 150, .big_values = false};
  run_job(dir / "store", job, kLast, 2);
  flip_bytes(dir / "store", dir / "work", job.state_at(kLast), 1, 300);
}

TEST(Damage, FlippedBytesInALogAreRefusedOrHarmless) {
  TempDir dir;
  const TestJob job{.seed = 4, .keys = 150, .big_values = false};
  run_and_kill(dir / "store", job, 2);
  flip_bytes(dir / "store", dir / "work", job.state_at(kLast), 2, 200);
}

TEST(Damage, CutFilesAreRefusedOrHarmless) {
  TempDir dir;
  const TestJob job{.seed = 5, .keys = 150, .big_values = false};
  run_and_kill(dir / "store", job, 1);
  int refused = 0;
  std::mt19937_64 random(6);
  for (int cut = 0; cut < 40; ++cut) {
    copy_directory(dir / "store", dir / "work");
    const fs::path file =
        dir / (cut % 2 == 0 ? "work/part-0-of-1.sqlite" : "work/part-0-of-1.sqlite-wal");
    fs::resize_file(file, random() % fs::file_size(file));
    expect_refused_or_right(dir / "work", job.state_at(kLast), refused, file.string());
  }
  EXPECT_GT(refused, 10);
}

TEST(Damage, ALogThatIsGoneIsNoticed) {
  TempDir dir;
  const TestJob job;
  run_and_kill(dir / "store", job, 1);
  fs::remove(dir / "store/part-0-of-1.sqlite-wal");
  const std::string message = refusal(dir / "store");
  EXPECT_NE(message.find("epoch 30 was committed"), std::string::npos) << message;
}

// In a process that may write files of a certain size only, as if that were all there is.
TEST(Damage, AFullDiskIsReportedAndLosesNothing) {
  TempDir dir;
  const TestJob job{.seed = 8, .keys = 100'000, .changes = 3'000};
  for (int round = 0; round < 4; ++round) {
    run_job(dir / "store", job, static_cast<uint64_t>(round * 20 + 5), 2);
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::signal(SIGXFSZ, SIG_IGN);
      auto store = open_store(dir / "store");
      if (!store->begin({}, kSteps, {})) ::_exit(1);
      const rlim_t size = fs::file_size(dir / "store/part-0-of-2.sqlite");
      const rlimit limit{size + 200'000, size + 200'000};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      Outcome last;
      uint64_t epoch = store->resume_epoch();
      while (last && ++epoch < 10'000) last = write_epoch(*store, epoch, job.plan(epoch));
      // Once it has failed it goes on failing.
      const bool again = static_cast<bool>(end_epoch(*store, epoch + 1));
      const std::string message =
          (again ? "again!" : "") + (last ? std::string("never full") : last.failure().message);
      static_cast<void>(::write(ready[1], message.data(), message.size()) > 0);
      store.reset();
      ::_exit(0);
    }
    ::close(ready[1]);
    std::string message(4096, '\0');
    const ssize_t length = ::read(ready[0], message.data(), message.size());
    message.resize(length > 0 ? static_cast<size_t>(length) : 0);
    ::close(ready[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(message.starts_with(dir / "store/part-")) << message;
    EXPECT_NE(message.find("make room and start again"), std::string::npos) << message;
    EXPECT_NE(message.find("epoch"), std::string::npos) << message;
    auto store = open_store(dir / "store");
    ASSERT_NE(store, nullptr);
    EXPECT_TRUE(read_all(*store) == job.state_at(store->resume_epoch()));
  }
}

}  // namespace
}  // namespace streamhost::recovery::testing
