#include "cluster/runner.h"

#include <algorithm>

namespace streamhost::cluster_test {
namespace {

// What takes longer than this hangs.
constexpr Millis kBackLimit{45'000};
constexpr Millis kEndLimit{60'000};
// The next disturbance comes so long after all are together, at most.
constexpr size_t kQuietMs = 600;

}  // namespace

int Tally::all_faults() const {
  int sum = died_at_points;
  for (const auto& [fault, times] : faults) sum += times;
  return sum;
}

void Tally::add(const Tally& other) {
  for (const auto& [fault, times] : other.faults) faults[fault] += times;
  died_at_points += other.died_at_points;
  trials += other.trials;
  for (const auto& [fault, times] : other.recovery) {
    recovery[fault].insert(recovery[fault].end(), times.begin(), times.end());
  }
}

Limits trial_limits() {
#ifdef CRASH_SANITIZED
  return {Millis(4000), Millis(40'000)};
#else
  return {Millis(1000), Millis(20'000)};
#endif
}

ClusterRunner::ClusterRunner(const crash::CrashJob& job, uint64_t seed) : job_(job) {
  crash::Random random(seed);
  if (job.input) input_ = job.input(random);
  crash::Trial alone(job_);
  crash::append_part(input_, alone.folder(), 0, 1);
  crash::RunWith with;
  with.recovery = false;
  if (alone.run({}, with) == crash::Trial::End::kByItself) {
    expected_ = crash::read_outputs(job_, alone.folder());
  }
  failure_ = alone.failure();
}

void ClusterRunner::expect_right(Operation& op) const {
  if (!op.wait_until([&op] { return op.all_ended(); }, kEndLimit) && !op.failure()) {
    op.fail("the job hangs");
  }
  if (op.failure()) return;
  const auto what = crash::difference(job_, expected_, crash::read_outputs(job_, op.folder()));
  if (what) op.fail(*what);
}

std::optional<std::string> ClusterRunner::trial(const TrialPlan& plan, Tally& tally) const {
  if (failure_) return failure_;
  crash::Random random(plan.seed);
  Loopback network(5, random.chance(0.7));
  Operation op(job_, network, trial_limits());
  Disturber disturber(op, network, random);
  crash::append_part(input_, op.folder(), 0, 1);
  op.note("seed " + std::to_string(plan.seed));
  const Shape drawn = disturber.draw_shape();
  op.reshape(plan.begin_with.value_or(drawn));
  ++tally.trials;
  op.start_all();
  const auto over = [&op] { return op.all_ended(); };
  const auto back = [&op] { return op.all_together() || op.all_ended(); };
  for (int done = 0; done < plan.faults && !op.failure();) {
    // Most faults find all at work, some find them joining.
    if (random.chance(0.8)) op.wait_until(back, kBackLimit);
    if (op.wait_until(over, Millis(random.below(kQuietMs))) || op.failure()) break;
    const Fault fault = random.pick(plan.only.empty() ? all_faults() : plan.only);
    if (!disturber.apply(fault)) continue;
    ++done;
    ++tally.faults[fault];
    if (!op.wait_until(back, kBackLimit)) {
      op.fail(std::string("after \"") + name_of(fault) + "\" the job does not go on");
    } else if (loses_somebody(fault) && op.all_together()) {
      tally.recovery[fault].push_back(
          std::chrono::duration_cast<Millis>(Clock::now() - disturber.undone_at()));
    }
  }
  expect_right(op);
  if (!op.failure() && random.chance(0.2)) {
    op.note("once more, with nothing new to read");
    op.reshape(disturber.draw_shape());
    op.start_all();
    expect_right(op);
  }
  tally.died_at_points += op.died_at_points();
  return op.failure();
}

}  // namespace streamhost::cluster_test
