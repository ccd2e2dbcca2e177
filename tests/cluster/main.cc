// streamhost-cluster-faults: the long form. See README.md.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

#include "cluster/runner.h"

namespace streamhost::cluster_test {
namespace {

using crash::CrashJob;

struct Options {
  int faults = 1000;
  uint64_t seed = 1;
  std::vector<std::string> only, kinds;
  std::vector<int> processes;
  int at_once = 3;
  int per_trial = 4;
};

// Shared by the threads that run trials.
class Campaign {
 public:
  Campaign(const Options& options, std::vector<const CrashJob*> some_jobs)
      : options_(options), jobs_(std::move(some_jobs)) {}

  // Runs trials until there were enough faults, or one failed.
  void work() {
    while (!failed_ && total_ < options_.faults) {
      const size_t number = next_++;
      const CrashJob& job = *jobs_[number % jobs_.size()];
      TrialPlan plan;
      plan.seed = options_.seed * 1'000'003 + number;
      plan.faults = options_.per_trial;
      for (const Fault fault : all_faults()) {
        const auto& kinds = options_.kinds;
        if (std::find(kinds.begin(), kinds.end(), name_of(fault)) != kinds.end()) {
          plan.only.push_back(fault);
        }
      }
      if (!options_.processes.empty()) {
        crash::Random random(plan.seed);
        Shape shape;
        shape.workers.clear();
        const int size = random.pick(options_.processes);
        for (int i = 0; i < size; ++i) {
          shape.workers.push_back(1 + static_cast<int>(random.below(2)));
        }
        plan.begin_with = shape;
      }
      Tally tally;
      const auto failure = runner_of(job, number / jobs_.size() / 3)->trial(plan, tally);
      const std::lock_guard lock(mutex_);
      // Without faults it is the trials that count.
      total_ += options_.per_trial == 0 ? tally.trials : tally.all_faults();
      by_job_[job.name].add(tally);
      if (failure) {
        failed_ = true;
        std::printf("MISMATCH in %s\n%s\n", job.name.c_str(), failure->c_str());
      }
      if (number % 10 == 9) std::fprintf(stderr, "%d faults\n", total_.load());
    }
  }

  // Prints the figures; the exit status.
  int report() {
    std::printf("%-24s %7s %7s\n", "job", "trials", "faults");
    Tally all;
    for (const auto& [name, tally] : by_job_) {
      std::printf("%-24s %7d %7d\n", name.c_str(), tally.trials, tally.all_faults());
      all.add(tally);
    }
    std::printf("%-24s %7d %7d\n\n", "all", all.trials, all.all_faults());
    std::printf("%-24s %7s   %s\n", "fault", "times", "until all run again: median, most");
    for (const Fault fault : all_faults()) {
      std::printf("%-24s %7d", name_of(fault), all.faults[fault]);
      auto& times = all.recovery[fault];
      std::sort(times.begin(), times.end());
      if (!times.empty()) {
        std::printf("   %6.0f ms %6.0f ms", static_cast<double>(times[times.size() / 2].count()),
                    static_cast<double>(times.back().count()));
      }
      std::printf("\n");
    }
    std::printf("%-24s %7d\n", "died at a point", all.died_at_points);
    std::printf("mismatches: %d\n", failed_ ? 1 : 0);
    return failed_ ? 1 : 0;
  }

 private:
  // Another input every third time.
  std::shared_ptr<const ClusterRunner> runner_of(const CrashJob& job, size_t input) {
    {
      const std::lock_guard lock(mutex_);
      const auto& [number, runner] = runners_[job.name];
      if (runner && number == input) return runner;
    }
    auto made = std::make_shared<const ClusterRunner>(job, options_.seed + input);
    const std::lock_guard lock(mutex_);
    runners_[job.name] = {input, made};
    return made;
  }

  const Options& options_;
  const std::vector<const CrashJob*> jobs_;
  std::atomic<int> total_{0};
  std::atomic<size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;  // guards what follows
  std::map<std::string, Tally> by_job_;
  std::map<std::string, std::pair<size_t, std::shared_ptr<const ClusterRunner>>> runners_;
};

int run(int argc, char** argv) {
  Options options;
  std::string kinds;
  for (const Fault fault : all_faults())
    kinds += std::string(kinds.empty() ? "" : ", ") + name_of(fault);
  CLI::App app{"Disturbs clusters and looks whether their output is still right."};
  app.add_option("--faults", options.faults, "how many, over all jobs")->capture_default_str();
  app.add_option("--seed", options.seed, "another one disturbs in other ways")
      ->capture_default_str();
  app.add_option("--job", options.only, "only this job; may be repeated");
  app.add_option("--kind", options.kinds, "only this kind of fault; may be repeated: " + kinds);
  app.add_option("--processes", options.processes, "numbers of processes to begin with")
      ->delimiter(',')
      ->check(CLI::Range(2, 5));
  app.add_option("--at-once", options.at_once, "trials that run at the same time")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--per-trial", options.per_trial, "most faults of one run of a job")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  CLI11_PARSE(app, argc, argv);

  std::vector<const CrashJob*> some_jobs;
  for (const CrashJob& job : crash::jobs()) {
    if (options.only.empty()) some_jobs.push_back(&job);
  }
  for (const std::string& name : options.only) some_jobs.push_back(&crash::job_named(name));

  Campaign campaign(options, std::move(some_jobs));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < options.at_once; ++i) threads.emplace_back([&] { campaign.work(); });
  }
  return campaign.report();
}

}  // namespace
}  // namespace streamhost::cluster_test

int main(int argc, char** argv) {
  try {
    return streamhost::cluster_test::run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "streamhost-cluster-faults: %s\n", e.what());
    return 2;
  }
}
