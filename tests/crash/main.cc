// streamhost-crash: the long form. See README.md.
#include <CLI/CLI.hpp>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

#include "crash/runner.h"

namespace streamhost::crash {
namespace {

struct Options {
  int kills = 2000;
  uint64_t seed = 1;
  std::vector<std::string> only;
  std::vector<int> workers = {1, 2, 4};
  int at_once = 2;
  int per_trial = 8;
};

// Shared by the threads that run trials.
class Campaign {
 public:
  Campaign(const Options& options, std::vector<const CrashJob*> some_jobs)
      : options_(options), jobs_(std::move(some_jobs)) {}

  // Runs trials until there were enough kills, or one failed.
  void work() {
    while (!failed_ && total_ < options_.kills) {
      const size_t number = next_++;
      const CrashJob& job = *jobs_[number % jobs_.size()];
      Tally tally;
      auto failure = run(job, number, tally);
      const std::lock_guard lock(mutex_);
      total_ += tally.all_kills();
      tallies_[job.name].add(tally);
      if (failure) {
        failed_ = true;
        std::printf("MISMATCH in %s\n%s\n", job.name.c_str(), failure->c_str());
      }
      if (number % 20 == 19) std::fprintf(stderr, "%d kills\n", total_.load());
    }
  }

  // Prints the figures; the exit status.
  int report() {
    static const std::vector<Disturbance::Kind> kinds = {
        Disturbance::Kind::kKillEarly, Disturbance::Kind::kKillAnytime,
        Disturbance::Kind::kKillLate, Disturbance::Kind::kKillAtPoint};
    std::printf("%-20s %7s %7s", "job", "trials", "kills");
    for (const auto kind : kinds) std::printf(" %11s", kind_name(kind));
    std::printf(" %7s %9s\n", "drains", "restarts");
    Tally all;
    const auto row = [](const std::string& name, Tally tally) {
      std::printf("%-20s %7d %7d", name.c_str(), tally.trials, tally.all_kills());
      for (const auto kind : kinds) std::printf(" %11d", tally.kills[kind_name(kind)]);
      std::printf(" %7d %9d\n", tally.drains, tally.restarts);
    };
    for (const auto& [name, tally] : tallies_) {
      row(name, tally);
      all.add(tally);
    }
    row("all", all);
    std::printf("\nkills by point:\n");
    for (const std::string& point : points()) {
      std::printf("  %-28s %5d\n", point.c_str(), all.at_point[point]);
    }
    if (all.resumes_timed > 0) {
      std::printf("\nmean time from exec to a resumed state: %.1f ms (of %d)\n",
                  static_cast<double>(all.resume_time.count()) / 1000.0 / all.resumes_timed,
                  all.resumes_timed);
    }
    std::printf("mismatches: %d\n", failed_ ? 1 : 0);
    return failed_ ? 1 : 0;
  }

 private:
  // Every third trial another input; every fourth at points only; every fifth with growing input.
  std::optional<std::string> run(const CrashJob& job, size_t number, Tally& tally) {
    const auto runner = runner_of(job, number / jobs_.size() / 3);
    TrialOptions options;
    options.seed = options_.seed * 1'000'003 + number;
    options.workers = options_.workers;
    options.store_partitions = 1 + static_cast<int>(number % 4);
    options.max_kills = options_.per_trial;
    Random random(options.seed);
    if (job.grows && random.chance(0.2)) options.parts = 3;
    if (!random.chance(0.25)) return runner->trial(options, tally);
    std::vector<PointKill> kills;
    for (int i = 0; i < options_.per_trial; ++i) {
      kills.push_back({random.pick(points()), 1 + static_cast<int>(random.below(12))});
    }
    std::vector<PointKill> never_hit;  // some do not come that often; the tests look at that
    return runner->at_points(kills, options, tally, never_hit);
  }

  std::shared_ptr<const CrashRunner> runner_of(const CrashJob& job, size_t input) {
    {
      const std::lock_guard lock(mutex_);
      const auto& [number, runner] = runners_[job.name];
      if (runner && number == input) return runner;
    }
    auto made = std::make_shared<const CrashRunner>(job, options_.seed + input);
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
  std::map<std::string, Tally> tallies_;
  std::map<std::string, std::pair<size_t, std::shared_ptr<const CrashRunner>>> runners_;
};

int run(int argc, char** argv) {
  Options options;
  CLI::App app{"Kills jobs and looks whether their output is still right."};
  app.add_option("--kills", options.kills, "how many, over all jobs")->capture_default_str();
  app.add_option("--seed", options.seed, "another one kills at other moments")
      ->capture_default_str();
  app.add_option("--job", options.only, "only this job; may be repeated");
  app.add_option("--workers", options.workers, "numbers of workers to draw from")
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
  app.add_option("--at-once", options.at_once, "trials that run at the same time")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--per-trial", options.per_trial, "most kills of one run of a job")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);

  std::vector<const CrashJob*> some_jobs;
  for (const CrashJob& job : jobs()) {
    if (options.only.empty()) some_jobs.push_back(&job);
  }
  for (const std::string& name : options.only) some_jobs.push_back(&job_named(name));

  Campaign campaign(options, std::move(some_jobs));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < options.at_once; ++i) threads.emplace_back([&] { campaign.work(); });
  }
  return campaign.report();
}

}  // namespace
}  // namespace streamhost::crash

int main(int argc, char** argv) {
  try {
    return streamhost::crash::run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "streamhost-crash: %s\n", e.what());
    return 2;
  }
}
