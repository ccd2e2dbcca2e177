#include <csignal>
#include <fstream>
#include <stdexcept>

#include "case.h"
#include "moving.h"
#include "process.h"
#include "recovery.h"

namespace bench {
namespace {

constexpr uint64_t kKeys = 1'000'000;

struct Run {
  double per_s = 0, writer_cpu_percent = 0;
  MovingRun::Store store;
};

// Throws when a record was lost or counted twice.
void check_counts(const MovingRun& run) {
  std::ifstream in(run.report());
  uint64_t keys = 0, sum = 0;
  for (uint64_t k = 0, s = 0; in >> k >> s;) {
    keys += k;
    sum += s;
  }
  if (keys == kKeys && sum == run.source().records) return;
  throw std::runtime_error(run.report() + ": " + std::to_string(keys) + " keys were counted " +
                           std::to_string(sum) + " times, and not " + std::to_string(kKeys) + ", " +
                           std::to_string(run.source().records) + " times");
}

Run run_once(const HostCommand& host, const MovingRun& run, bool recovery) {
  run.clear();
  struct Look {
    int64_t at_us;
    double cpu_s;
  };
  std::vector<Look> looks;
  Child child(run.command(), host.environment, run.errors());
  while (rss_kb(child.pid()) != 0 || child.age_s() < 0.1) {
    if (recovery) looks.push_back({wall_us(), thread_cpu_s(child.pid(), "recovery")});
    sleep_s(0.05);
  }
  if (child.wait().status != 0) throw std::runtime_error("the host failed; see " + run.errors());
  check_counts(run);

  Run result;
  const MovingRun::Source source = run.source();
  result.per_s = source.per_s;
  if (!recovery) return result;
  result.store = run.shown();
  const auto within = [&](const Look& look) {
    return look.at_us >= source.from_us && look.at_us <= source.to_us;
  };
  std::erase_if(looks, [&](const Look& look) { return !within(look); });
  if (looks.size() > 1) {
    result.writer_cpu_percent = (looks.back().cpu_s - looks.front().cpu_s) * 1e8 /
                                static_cast<double>(looks.back().at_us - looks.front().at_us);
  }
  return result;
}

}  // namespace

SnapshotCost measure_snapshots(const HostCommand& host, unsigned workers, unsigned runs) {
  MovingJob job;
  job.workers = workers;
  job.keys = kKeys;
  // The first epochs have all keys to write, and the files to bring into order.
  job.warm_s = 3;
  job.measure_s = 5;
  job.steps = kCountSteps;
  job.name = "snapshots_without";
  job.recovery = false;
  const MovingRun without(host, job);
  job.name = "snapshots_with";
  job.recovery = true;
  const MovingRun with(host, job);

  std::vector<double> per_s, without_per_s, ratios, rows, bytes, cpu;
  for (unsigned i = 0; i < runs; ++i) {
    without_per_s.push_back(run_once(host, without, false).per_s);
    const Run run = run_once(host, with, true);
    per_s.push_back(run.per_s);
    ratios.push_back(run.per_s / without_per_s.back());
    rows.push_back(run.store.rows);
    bytes.push_back(run.store.bytes);
    cpu.push_back(run.writer_cpu_percent);
  }
  with.drop_store();
  SnapshotCost cost;
  cost.workers = workers;
  cost.without_per_s = median(without_per_s);
  cost.with_per_s = median(per_s);
  cost.ratio = median(ratios);
  cost.rows = median(rows);
  cost.bytes = median(bytes);
  cost.writer_cpu_percent = median(cpu);
  return cost;
}

}  // namespace bench
