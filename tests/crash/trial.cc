#include "crash/trial.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <system_error>

namespace streamhost::crash {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// Longer than any run takes on the slowest machine: a job that hangs is a failure.
constexpr std::chrono::seconds kLimit{60};

constexpr int kKilled = 128 + SIGKILL;

// Waits for `after` or the end of the process, whichever comes first.
void wait_while_running(pid_t pid, Micros after) {
  const int watch = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (watch < 0) throw std::system_error(errno, std::generic_category(), "cannot watch the job");
  const auto until = Clock::now() + after;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - Clock::now());
    if (left.count() <= 0) break;
    const timespec timeout{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    pollfd ended{watch, POLLIN, 0};
    if (::ppoll(&ended, 1, &timeout, nullptr) > 0) break;
  }
  ::close(watch);
}

std::string last_part(const std::string& text, size_t size) {
  return text.size() <= size ? text : "..." + text.substr(text.size() - size);
}

}  // namespace

KeepableFolder::KeepableFolder(const std::string& name) {
  std::string path =
      (fs::temp_directory_path() / ("streamhost-crash-" + name + "-XXXXXX")).string();
  if (::mkdtemp(path.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "cannot make " + path);
  }
  path_ = path;
}

KeepableFolder::~KeepableFolder() {
  if (kept_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Trial::Trial(const CrashJob& job) : job_(job), folder_(job.name) {
  std::ofstream out(folder() / "job.toml");
  out << job.manifest;
}

std::vector<std::string> Trial::command(const RunWith& with) const {
  std::vector<std::string> command = {testing::streamhost_path(),       "--manifest",
                                      (folder() / "job.toml").string(), "--plugin-path",
                                      CRASH_PLUGINS "/" + with.plugins, "-w",
                                      std::to_string(with.workers)};
  if (with.recovery) {
    const std::vector<std::string> recovery = {
        "-r",       (folder() / kStore).string(), "-s",
        with.epoch, "--recovery-partitions",      std::to_string(with.store_partitions)};
    command.insert(command.end(), recovery.begin(), recovery.end());
  }
  command.insert(command.end(), with.more.begin(), with.more.end());
  return command;
}

Trial::End Trial::run(const Disturbance& disturbance, const RunWith& with) {
  testing::RunOptions options;
  options.environment = with.environment;
  if (disturbance.kind == Disturbance::Kind::kKillAtPoint) {
    options.environment.push_back("STREAMHOST_TEST_CRASH=" + disturbance.point.text());
  }
  const auto started = Clock::now();
  testing::Child child(command(with), options);
  const bool by_signal = disturbance.kind != Disturbance::Kind::kNone &&
                         disturbance.kind != Disturbance::Kind::kKillAtPoint;
  if (by_signal) {
    wait_while_running(child.pid(), disturbance.after);
    child.signal(disturbance.is_kill() ? SIGKILL : SIGTERM);
  }
  const testing::RunResult result = child.wait(kLimit);
  last_took_ = std::chrono::duration_cast<Micros>(Clock::now() - started);
  last_words_ = result.err;

  std::string line = "-w " + std::to_string(with.workers) + ", " + disturbance.text() + ": ";
  End end = End::kFailed;
  if (result.status == 0) {
    // A drain that comes too late cannot be told from one that was heard; it is no failure.
    end = disturbance.kind == Disturbance::Kind::kDrain ? End::kDisturbed : End::kByItself;
    line += "ended";
  } else if (result.status == kKilled && disturbance.is_kill() && last_took_ < kLimit) {
    end = End::kDisturbed;
    line += "killed";
  } else if (result.status == 128 + SIGTERM && disturbance.kind == Disturbance::Kind::kDrain) {
    end = End::kDisturbed;  // before the host listened to signals
    line += "terminated";
  } else {
    line += "status " + std::to_string(result.status);
  }
  history_.push_back(line + " after " + std::to_string(last_took_.count()) + " us");
  if (end == End::kFailed) {
    fail(last_took_ >= kLimit ? "the job hangs"
                              : "the job failed with status " + std::to_string(result.status));
  }
  return end;
}

void Trial::fail(const std::string& what) {
  if (failure_) return;
  folder_.keep();
  std::string text =
      "job " + job_.name + ": " + what + "\nfolder (kept): " + folder().string() + "\nruns:\n";
  for (const std::string& line : history_) text += "    " + line + "\n";
  if (!history_.empty()) text += "standard error of the last run:\n" + last_part(last_words_, 3000);
  failure_ = text;
}

}  // namespace streamhost::crash
