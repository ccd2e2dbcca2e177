// What is left of a shared store when one of its processes ends at any instant, and the others
// only when they notice.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "recovery/points.h"
#include "recovery/test_cluster.h"
#include "support/process.h"

namespace streamhost::recovery::testing {
namespace {

using streamhost::testing::TempDir;
namespace fs = std::filesystem;

// When a process is to end, as if struck by lightning.
struct Strike {
  uint32_t process = UINT32_MAX;
  std::string_view point;
  int occasion = 0;
};

// One process, and what it and the test say to each other: its holding, those of all, "opened",
// "begin", "begun"; then "e5" and "d5", and "c5" when all have said so. The end of the connection
// is the end of the attempt.
class Member {
 public:
  Member(const ClusterOptions& options, const TestJob& job, uint32_t self, const Strike& strike,
         const std::vector<int>& others) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    test_ = ends[0];
    process_ = ::fork();
    if (process_ == 0) {
      ::close(test_);
      for (const int other : others) ::close(other);
      test_ = ends[1];
      run(options, job, self, strike);
      ::_exit(0);
    }
    ::close(ends[1]);
  }
  Member(Member&& other) noexcept
      : test_(std::exchange(other.test_, -1)), process_(std::exchange(other.process_, -1)) {}

  int end() const { return test_; }
  pid_t process() const { return process_; }
  bool say(const std::string& text) const {
    return ::send(test_, text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  }
  // "": it is gone.
  std::string hear() const {
    std::string text(100'000, '\0');
    const ssize_t size = ::recv(test_, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return text;
  }
  // How it ended, now that the connection is closed.
  int wait() {
    ::close(test_);
    int status = 0;
    ::waitpid(process_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  void run(const ClusterOptions& options, const TestJob& job, uint32_t self, const Strike& strike);

  int test_ = -1;
  pid_t process_ = -1;
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  ::_exit(1);
}

void Member::run(const ClusterOptions& options, const TestJob& job, uint32_t self,
                 const Strike& strike) {
  StoreOptions own = options.of(self);
  int passed = 0;
  own.at = [&](std::string_view point) {
    if (self == strike.process && point == strike.point && ++passed == strike.occasion) {
      ::kill(::getpid(), SIGKILL);
    }
  };
  const Result<Holding> holding = look(own);
  if (!holding) give_up(holding.failure().message);
  say(encode(*holding));
  std::vector<Holding> all;
  while (all.size() < options.directories.size()) {
    Result<Holding> other = decode(hear());
    if (!other) return;  // the attempt is over
    all.push_back(other.take());
  }
  const Result<Share> share = agree(all);
  if (!share) give_up(share.failure().message);
  auto store = Store::open(own, *share, self);
  if (!store) give_up(store.failure().message);
  say("opened");
  if (hear() != "begin") return;
  if (const Outcome begun = (*store)->begin({}, kSteps, {}); !begun) {
    give_up(begun.failure().message);
  }
  say("begun " + std::to_string(share->resume_epoch));
  for (;;) {
    const std::string text = hear();
    if (text.empty()) break;
    const uint64_t epoch = std::stoull(text.substr(1));
    if (text[0] == 'c') {
      (*store)->note_committed(epoch);
      continue;
    }
    const Outcome written = write_share(**store, self, epoch, job.plan(epoch));
    if (!written) give_up(written.failure().message);
    say("d" + std::to_string(epoch));
  }
  (*store).reset();
}

struct Told {
  uint64_t committed = 0;  // all were heard to have it
  int killed = 0;          // processes
};

// Runs the job until a process is gone, or to the epoch `last`. `kill_after_us`: of the struck one,
// wherever it is then.
Told run_members(const ClusterOptions& options, const TestJob& job, uint64_t last,
                 const Strike& strike, int64_t kill_after_us = -1) {
  Told told;
  std::vector<Member> members;
  std::vector<int> ends;
  for (uint32_t self = 0; self < options.directories.size(); ++self) {
    members.emplace_back(options, job, self, strike, ends);
    ends.push_back(members.back().end());
  }
  if (kill_after_us >= 0) {
    // From another process, at whatever it is doing.
    const pid_t victim = members[strike.process].process();
    if (::fork() == 0) {
      ::usleep(static_cast<useconds_t>(kill_after_us));
      ::kill(victim, SIGKILL);
      ::_exit(0);
    }
  }
  const auto hear_all = [&] {
    std::vector<std::string> heard;
    bool there = true;
    for (const Member& member : members) {
      heard.push_back(member.hear());
      there = there && !heard.back().empty();
    }
    return there ? heard : std::vector<std::string>();
  };
  const auto say_all = [&](const std::string& text) {
    for (const Member& member : members) member.say(text);
  };
  std::vector<std::string> heard = hear_all();
  for (const std::string& holding : heard) say_all(holding);
  if (!heard.empty()) heard = hear_all();
  if (!heard.empty()) {
    say_all("begin");
    heard = hear_all();
  }
  if (!heard.empty()) {
    told.committed = std::stoull(heard[0].substr(6));
    for (uint64_t epoch = told.committed + 1; epoch <= last; ++epoch) {
      say_all("e" + std::to_string(epoch));
      if (hear_all().empty()) break;
      told.committed = epoch;
      // Some may hear of it, and others never.
      say_all("c" + std::to_string(epoch));
    }
  }
  for (Member& member : members) {
    const int status = member.wait();
    EXPECT_TRUE(status == 0 || status == 128 + SIGKILL) << "status " << status;
    told.killed += status != 0 ? 1 : 0;
  }
  if (kill_after_us >= 0) ::wait(nullptr);
  return told;
}

// What is there is exactly what was there at the end of an epoch, and not of one too early.
void expect_whole(const ClusterOptions& options, const TestJob& job, uint64_t committed,
                  const std::string& what) {
  Cluster cluster = open_cluster(options);
  ASSERT_FALSE(cluster.stores.empty()) << what;
  const uint64_t epoch = cluster.resume_epoch();
  ASSERT_GE(epoch, committed) << what;
  ASSERT_LE(epoch, committed + 1) << what;
  ASSERT_EQ(read_all(cluster), job.state_at(epoch)) << what << ", epoch " << epoch;
}

void crash_at_every_point(bool one_folder, int64_t backup_us) {
  for (const std::string_view point : kPoints) {
    TempDir dir;
    const TestJob job{.seed = 7, .keys = 300, .changes = 150};
    int crashes = 0;
    uint64_t committed = 0;
    for (uint32_t round = 0; round < 4; ++round) {
      ClusterOptions options;
      options.partitions = 5;
      options.backup_us = backup_us;
      // With one folder there may be more or fewer of them each time.
      const uint32_t processes = one_folder ? 2 + round % 3 : 3;
      for (uint32_t process = 0; process < processes; ++process) {
        options.directories.push_back(dir / (one_folder ? "s" : "s" + std::to_string(process)));
      }
      // A process that has several files.
      const Strike strike{round % 2, point, 1 + static_cast<int>(round) % 3 * 2};
      const Told told = run_members(options, job, committed + 25, strike);
      crashes += told.killed;
      committed = std::max(committed, told.committed);
      const std::string what = std::string(point) + " " + std::to_string(round);
      expect_whole(options, job, committed, what);
      if (::testing::Test::HasFailure()) return;
    }
    const bool expected = (point != kPointMerging && point != kPointMerged) || backup_us == 0;
    EXPECT_EQ(crashes > 0, expected) << point;
  }
}

TEST(ClusterCrash, AtEveryPointWithAFolderForEach) { crash_at_every_point(false, 0); }
TEST(ClusterCrash, AtEveryPointWithOneFolder) { crash_at_every_point(true, 0); }
TEST(ClusterCrash, AtEveryPointWithBackup) { crash_at_every_point(false, 3'600'000'000); }

TEST(ClusterCrash, KilledAtRandomMoments) {
  const char* many = std::getenv("STREAMHOST_RECOVERY_KILLS");
  const int kills = many == nullptr ? 30 : std::atoi(many);
  std::mt19937_64 random(12);
  TempDir dir;
  const TestJob job{.seed = 40};
  const ClusterOptions options{.directories = {dir / "a", dir / "b", dir / "c"}};
  uint64_t committed = 0;
  for (int kill = 0; kill < kills; ++kill) {
    const Strike strike{static_cast<uint32_t>(random() % 3), {}, 0};
    const Told told =
        run_members(options, job, 1'000'000, strike, static_cast<int64_t>(random() % 100'000));
    ASSERT_EQ(told.killed, 1);
    committed = std::max(committed, told.committed);
    const std::string what = "kill " + std::to_string(kill);
    // Working out the state of thousands of epochs again and again would be what takes the time.
    if (kill % 5 == 4 || committed < 100) {
      expect_whole(options, job, committed, what);
    } else {
      ASSERT_GE(open_cluster(options).resume_epoch(), committed) << what;
    }
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace streamhost::recovery::testing
