#include <stdexcept>

#include "moving.h"
#include "process.h"
#include "recovery.h"

namespace bench {
namespace {

constexpr double kKeys = 1e6;
constexpr double kKeySize = 16;

struct Kilobytes {
  double now = 0, peak = 0;
};

Kilobytes memory_of(const HostCommand& host, unsigned workers, bool recovery, uint64_t keys) {
  MovingJob job;
  job.name = "state_size";
  job.workers = workers;
  job.recovery = recovery;
  job.keys = keys;
  job.rate = 200'000;
  job.warm_s = 6;
  job.steps = kCountSteps;
  const MovingRun run(host, job);
  run.clear();
  Kilobytes result;
  {
    Child child(run.command(), host.environment, run.errors());
    sleep_s(4.5);
    result = {static_cast<double>(rss_kb(child.pid())), static_cast<double>(peak_kb(child.pid()))};
  }
  run.drop_store();
  if (result.now == 0) throw std::runtime_error("the host ended early; see " + run.errors());
  return result;
}

}  // namespace

StateSize measure_state_size(const HostCommand& host, unsigned workers, bool recovery) {
  const Kilobytes one = memory_of(host, workers, recovery, 1);
  const Kilobytes all = memory_of(host, workers, recovery, static_cast<uint64_t>(kKeys));
  return {workers, recovery, (all.now - one.now) * 1024 / kKeys - kKeySize,
          (all.peak - one.peak) * 1024 / kKeys - kKeySize};
}

}  // namespace bench
