// Runs jobs on several processes, disturbs them, and holds their output against that of a single
// process that nobody disturbed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/fault.h"
#include "crash/job.h"

namespace streamhost::cluster_test {

// What became of one or more trials.
struct Tally {
  std::map<Fault, int> faults;
  int died_at_points = 0;
  int trials = 0;
  // From the moment when what was wrong is over (the killed process is started, say) until all run
  // the job together again.
  std::map<Fault, std::vector<Millis>> recovery;

  int all_faults() const;
  void add(const Tally& other);
};

struct TrialPlan {
  uint64_t seed = 1;
  int faults = 4;                   // then it is left alone
  std::vector<Fault> only;          // drawn from these; empty: from all
  std::optional<Shape> begin_with;  // drawn when not given
};

// A job with its input and the output it must have. Immutable once made, so that several threads
// may run trials of one.
class ClusterRunner {
 public:
  // Makes the input from `seed` and runs the job in one process to learn its output.
  ClusterRunner(const crash::CrashJob& job, uint64_t seed);

  // Set when the job cannot even run undisturbed.
  const std::optional<std::string>& failure() const { return failure_; }
  const crash::CrashJob& job() const { return job_; }
  const crash::Input& input() const { return input_; }

  // Disturbs the job until it has ended by itself (or has had enough) and compares. The result is
  // what went wrong.
  std::optional<std::string> trial(const TrialPlan& plan, Tally& tally) const;

  // Waits until all have ended with 0 and compares; what goes wrong is noted at the operation.
  void expect_right(Operation& operation) const;

 private:
  const crash::CrashJob job_;
  crash::Input input_;
  std::vector<std::string> expected_;
  std::optional<std::string> failure_;
};

// How long processes wait for each other in trials: longer where everything is slower.
Limits trial_limits();

}  // namespace streamhost::cluster_test
