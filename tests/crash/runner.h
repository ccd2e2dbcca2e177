// Runs jobs, kills them, and holds their output against that of a run that nobody disturbed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crash/trial.h"

namespace streamhost::crash {

// What became of one or more trials.
struct Tally {
  std::map<std::string, int> kills;     // by kind_name()
  std::map<std::string, int> at_point;  // kills by point
  int drains = 0;
  int restarts = 0;  // runs that continued after a kill or a drain
  int trials = 0;
  int resumes_timed = 0;
  Micros resume_time{0};  // from exec to "resumed", over all that were timed

  int all_kills() const;
  void add(const Tally& other);
};

struct TrialOptions {
  uint64_t seed = 1;
  int store_partitions = 1;
  int max_kills = 6;  // then the job is left alone
  Mix mix;
  std::vector<int> workers = {1, 2, 4};  // one is drawn for each run
  size_t parts = 1;  // the input comes in so many parts: the next one when the job has ended
};

// A job with its input and the output it must have. Immutable once made, so that several threads
// may run trials of one.
class CrashRunner {
 public:
  // Makes the input from `seed` and runs the job undisturbed, without recovery and then with it and
  // with several numbers of workers, to learn its output and its time. See failure().
  CrashRunner(const CrashJob& job, uint64_t seed);

  // Set when the job cannot even run undisturbed.
  const std::optional<std::string>& failure() const { return failure_; }
  const CrashJob& job() const { return job_; }
  const Input& input() const { return input_; }
  // What read_outputs() must give.
  const std::vector<std::string>& expected() const { return expected_; }

  // Disturbs the job at random until it has ended by itself (or has had enough) and compares. The
  // result is what went wrong.
  std::optional<std::string> trial(const TrialOptions& options, Tally& tally) const;

  // Kills the job at each of `kills` in turn, on one store as long as the job lasts and then on
  // the next, and compares each time it has ended. Points that the job does not pass even when it
  // is started from the beginning for that alone are added to `never_hit`.
  std::optional<std::string> at_points(const std::vector<PointKill>& kills,
                                       const TrialOptions& options, Tally& tally,
                                       std::vector<PointKill>& never_hit) const;

 private:
  std::optional<std::string> check(Trial& trial, const TrialOptions& options) const;
  bool run_undisturbed(const RunWith& with);
  // How long a run with that many workers lasts from its first record on.
  Micros lasts(int workers) const;

  const CrashJob& job_;
  Input input_;
  std::vector<std::string> expected_;
  std::map<int, Micros> lasts_;  // an undisturbed run, by number of workers
  std::optional<std::string> failure_;
};

}  // namespace streamhost::crash
