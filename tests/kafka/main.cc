// streamhost-kafka-faults: the long form. See README.md.
#include <CLI/CLI.hpp>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

#include "kafka/fault_trial.h"

namespace streamhost::kafka_test {
namespace {

struct Options {
  int kills = 500;
  int at_once = 2;
  int per_trial = 10;
  FaultPlan plan;
};

// Shared by the threads that run trials.
class Campaign {
 public:
  explicit Campaign(const Options& options) : options_(options) {}

  // Runs trials on a broker of its own until there were enough kills, or one failed.
  void work() try {
    RealBroker broker;
    while (!failed_ && total_ < options_.kills) {
      const uint64_t number = next_++;
      FaultPlan plan = options_.plan;
      plan.seed = options_.plan.seed * 1'000'003 + number;
      plan.kills = options_.per_trial;
      FaultTally tally;
      const FaultOutcome outcome = fault_trial(broker, plan, tally);
      const std::lock_guard lock(mutex_);
      total_ += tally.kills;
      all_.add(tally);
      if (!outcome.right()) {
        failed_ = true;
        std::printf("MISMATCH with seed %lu\n%s\n", static_cast<unsigned long>(plan.seed),
                    outcome.text().c_str());
      }
      std::fprintf(stderr, "%d kills\n", total_.load());
    }
  } catch (const std::exception& e) {
    failed_ = true;
    std::fprintf(stderr, "streamhost-kafka-faults: %s\n", e.what());
  }

  // Prints the figures; the exit status.
  int report() {
    std::printf("%smismatches: %d\n", all_.text().c_str(), failed_ ? 1 : 0);
    return failed_ ? 1 : 0;
  }

 private:
  const Options& options_;
  std::atomic<int> total_{0};
  std::atomic<uint64_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;  // guards what follows
  FaultTally all_;
};

int run(int argc, char** argv) {
  Options options;
  options.plan.broker = 0.05;
  CLI::App app{"Kills jobs from Kafka to Kafka and looks whether their output is still right."};
  app.add_option("--kills", options.kills, "how many, over all trials")->capture_default_str();
  app.add_option("--seed", options.plan.seed, "another one kills in other ways")
      ->capture_default_str();
  app.add_option("--at-once", options.at_once, "trials that run at the same time")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--per-trial", options.per_trial, "about so many kills of one job")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--delivery", options.plan.delivery, "of kafka.sink")->capture_default_str();
  app.add_option("--at-point", options.plan.at_point,
                 "share of the runs that die at a point of the protocol")
      ->capture_default_str();
  app.add_option("--broker", options.plan.broker, "share of the faults that the broker has")
      ->capture_default_str();
  app.add_option("--two-processes", options.plan.two_processes,
                 "share of the runs that have two processes")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (!no_broker().empty()) {
    std::fprintf(stderr, "%s\n", no_broker().c_str());
    return 2;
  }
  Campaign campaign(options);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < options.at_once; ++i) threads.emplace_back([&] { campaign.work(); });
  }
  return campaign.report();
}

}  // namespace
}  // namespace streamhost::kafka_test

int main(int argc, char** argv) {
  try {
    return streamhost::kafka_test::run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "streamhost-kafka-faults: %s\n", e.what());
    return 2;
  }
}
