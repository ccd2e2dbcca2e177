// One process of a cluster, started as often as needed, and its log.
#pragma once

#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/process.h"

namespace streamhost::cluster_test {

// Killed when destroyed, and when the thread that started it ends. [one thread]
class Member {
 public:
  // `log`: a file, to which every run appends what it says.
  explicit Member(std::filesystem::path log) : log_(std::move(log)) {}

  // Not while it runs.
  void start(const std::vector<std::string>& command, const std::vector<std::string>& environment);

  bool was_started() const { return child_ != nullptr; }
  // Also while it is stopped by SIGSTOP.
  bool is_running() const { return child_ != nullptr && child_->running(); }
  pid_t pid() const { return child_->pid(); }
  void signal(int number) { child_->signal(number); }
  // SIGKILL, and waits for its end.
  void kill();
  // The status of the last run once that has ended, 128 + N when signal N did it.
  std::optional<int> status();

  // What it has said since its last start.
  std::string said() const;
  // Whether it runs the job together with the others, by what it has said last.
  bool is_together() const;
  // How often it went back to the last epoch since the last start.
  int went_back() const;
  const std::filesystem::path& log() const { return log_; }

 private:
  std::filesystem::path log_;
  size_t begin_ = 0;  // of what the last run said
  std::unique_ptr<testing::Child> child_;
};

// How often `part` is in `text`.
int count(const std::string& text, const std::string& part);

}  // namespace streamhost::cluster_test
