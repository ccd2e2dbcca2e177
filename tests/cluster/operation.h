// One job in one folder, run by several processes, and what is done to them.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/member.h"
#include "cluster/network.h"
#include "crash/job.h"
#include "crash/trial.h"

namespace streamhost::cluster_test {

using Millis = std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// How a cluster is started.
struct Shape {
  std::vector<int> workers = {1, 1};  // of each process
  bool separate = false;              // each process has a recovery directory of its own
  int store_partitions = 2;
  std::string epoch = "50ms";
  bool recovery = true;
  int slower = 6;  // CRASH_SLOWER, see plugins/crash.cc in tests/crash

  size_t processes() const { return workers.size(); }
  std::string text() const;
};

// What the manifest says besides the job.
struct Limits {
  Millis timeout{1000};
  Millis wait{20000};
};

// All that a failed test needs for a look is kept in its folder: the job with its input, stores and
// outputs, a log for each process, and `history`, which says what was done when. [one thread]
class Operation {
 public:
  // Writes the manifest; the input is the caller's to write. `more`: further lines of the manifest.
  Operation(const crash::CrashJob& job, Network& network, Limits limits = {},
            const std::string& more = "");

  const crash::CrashJob& job() const { return job_; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  Network& network() { return network_; }
  const Limits& limits() const { return limits_; }
  const Shape& shape() const { return shape_; }
  size_t size() const { return shape_.processes(); }

  // From here on the cluster has this shape. Nobody may be running. With `separate` stores what
  // the processes that are no more had of it goes to the first one.
  void reshape(const Shape& shape);
  // Starts one; with `point`, it kills itself there: "durable:3". `more` goes into its environment.
  void start(size_t process, const std::string& point = "",
             const std::vector<std::string>& more = {});
  void start_all();
  // The command of a process, and what it finds in its environment.
  std::vector<std::string> command(size_t process) const;
  std::vector<std::string> environment() const;

  Member& member(size_t process) { return members_.at(process); }
  // All of them run the job together, by what they say.
  bool all_together();
  // All have ended with status 0.
  bool all_ended();
  bool anybody_runs();
  int went_back();

  // Waits until `condition`, asked again and again, holds. False after `limit`, or when something
  // failed meanwhile: a process ended with another status than 0 and was not killed by us.
  bool wait_until(const std::function<bool()>& condition, Millis limit);
  // Starts those again that are waited for: who died at the point that it was started with, and
  // who has ended while others still wait for it. Done by wait_until() all the time.
  void look_after();
  // Whether look_after() starts a process again that has ended with 0 while others go on for long:
  // that happens when somebody was disturbed at the very end, and at no other time.
  void expect_latecomers(bool yes) { latecomers_ = yes; }
  // Somebody may still die at a point.
  bool anybody_armed() const;
  // How often somebody died at the point it was started with.
  int died_at_points() const { return died_at_points_; }

  // Notes what was done.
  void note(const std::string& what);
  // Notes a failure and keeps the folder; the first one counts.
  void fail(const std::string& what);
  // With the folder, the history and the last words of each process.
  const std::optional<std::string>& failure() const { return failure_; }

 private:
  std::filesystem::path store(size_t process) const;
  void gather_store();

  const crash::CrashJob job_;
  Network& network_;
  const Limits limits_;
  crash::KeepableFolder folder_;
  Shape shape_;
  std::vector<Member> members_;
  std::vector<bool> armed_;                                 // by process: it is to die at a point
  std::vector<std::optional<Clock::time_point>> ended_at_;  // with 0, by process
  bool latecomers_ = false;
  int died_at_points_ = 0;
  const Clock::time_point begin_ = Clock::now();
  std::optional<std::string> failure_;
};

}  // namespace streamhost::cluster_test
