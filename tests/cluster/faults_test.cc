// The short form of streamhost-cluster-faults: every job, and every kind of fault.
#include <gtest/gtest.h>

#include "cluster/runner.h"

namespace streamhost::cluster_test {
namespace {

using crash::CrashJob;

// Other moments for each job.
uint64_t first_seed(const std::string& name) {
  uint64_t seed = 1;
  for (const char c : name) seed = seed * 31 + static_cast<unsigned char>(c);
  return seed;
}

// Runs trials until there were enough faults; some find the job at its end.
void disturb(const CrashJob& job, int faults, TrialPlan plan) {
  const ClusterRunner runner(job, 1);
  ASSERT_FALSE(runner.failure()) << *runner.failure();
  Tally tally;
  const uint64_t seed = first_seed(job.name);
  for (uint64_t trial = 0; tally.all_faults() < faults; ++trial) {
    ASSERT_LT(trial, 20U) << "the job ends before it can be disturbed";
    plan.seed = seed + trial;
    plan.faults = faults;
    const auto failure = runner.trial(plan, tally);
    ASSERT_FALSE(failure) << *failure;
  }
}

// Under sanitizers each job takes several times as long, so a few stand for all.
std::vector<CrashJob> some_jobs() {
#ifdef CRASH_SANITIZED
  return {crash::job_named("running_two_phase"), crash::job_named("mixed"),
          crash::job_named("window_join"), crash::job_named("time_behind_an_exchange")};
#else
  return crash::jobs();
#endif
}

class EveryJob : public ::testing::TestWithParam<CrashJob> {};

TEST_P(EveryJob, GivesTheSameOnSeveralProcessesWhateverHappensToThem) {
  disturb(GetParam(), 2, {});
}

INSTANTIATE_TEST_SUITE_P(Cluster, EveryJob, ::testing::ValuesIn(some_jobs()),
                         [](const auto& tested) { return tested.param.name; });

struct OneFault {
  Fault fault;
  friend void PrintTo(const OneFault& of, std::ostream* to) { *to << name_of(of.fault); }
};

std::vector<OneFault> some_faults() {
#ifdef CRASH_SANITIZED
  return {{Fault::kKillTwo}, {Fault::kStopLong}, {Fault::kDrain}};
#else
  std::vector<OneFault> all;
  for (const Fault fault : all_faults()) all.push_back({fault});
  return all;
#endif
}

class EveryFault : public ::testing::TestWithParam<OneFault> {};

TEST_P(EveryFault, LosesNothingAndDoublesNothing) {
  TrialPlan plan;
  plan.only = {GetParam().fault};
  disturb(crash::job_named("running_two_phase"), 1, plan);
}

std::string identifier(Fault fault) {
  std::string name;
  for (const char c : std::string(name_of(fault))) {
    if (c != ',') name += c == ' ' ? '_' : c;
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Cluster, EveryFault, ::testing::ValuesIn(some_faults()),
                         [](const auto& tested) { return identifier(tested.param.fault); });

}  // namespace
}  // namespace streamhost::cluster_test
