#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "../plugin/delay_buckets.h"
#include "case.h"
#include "moving.h"
#include "recovery.h"

namespace bench {
namespace {

constexpr int64_t kNearUs = 50'000;

Delays read_delays(const MovingRun& run) {
  const MovingRun::Source source = run.source();
  struct Slice {
    int64_t at_us;
    DelayBuckets buckets;
  };
  std::vector<int64_t> barriers;
  std::vector<Slice> slices;
  uint64_t arrived = 0;
  std::ifstream in(run.report());
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string what;
    int64_t at_us = 0;
    words >> what >> at_us;
    DelayBuckets buckets;
    for (size_t bucket = 0, count = 0; words >> bucket >> count;) buckets.add(bucket, count);
    arrived += buckets.total();
    if (at_us < source.from_us || at_us > source.to_us) continue;
    if (what == "barrier") {
      barriers.push_back(at_us);
    } else {
      slices.push_back({at_us, buckets});
    }
  }
  if (arrived != source.records) {
    throw std::runtime_error(run.report() + ": " + std::to_string(arrived) +
                             " records arrived of " + std::to_string(source.records));
  }

  DelayBuckets all, near;
  for (const Slice& slice : slices) {
    const bool is_near = std::any_of(barriers.begin(), barriers.end(), [&](int64_t barrier_us) {
      return slice.at_us >= barrier_us - kNearUs && slice.at_us <= barrier_us + kNearUs;
    });
    for (size_t bucket = 0; bucket < DelayBuckets::kCount; ++bucket) {
      const uint64_t count = slice.buckets.count(bucket);
      if (count == 0) continue;
      all.add(bucket, count);
      if (is_near) near.add(bucket, count);
    }
  }
  return {all.percentile(0.5), all.percentile(0.99),  all.percentile(0.999),
          all.percentile(1),   near.percentile(0.99), static_cast<double>(barriers.size())};
}

Delays median_of(const std::vector<Delays>& runs) {
  const auto of = [&](auto member) {
    std::vector<double> values;
    for (const Delays& run : runs) values.push_back(static_cast<double>(run.*member));
    return static_cast<int64_t>(median(std::move(values)));
  };
  return {of(&Delays::p50),  of(&Delays::p99),         of(&Delays::p999),
          of(&Delays::most), of(&Delays::barrier_p99), static_cast<double>(of(&Delays::barriers))};
}

}  // namespace

BarrierPause measure_pause(const HostCommand& host, unsigned workers, unsigned runs) {
  BarrierPause pause;
  pause.workers = workers;
  MovingJob job;
  job.workers = workers;
  job.steps = kPassSteps;
  job.recovery = false;
  job.warm_s = 1;
  job.measure_s = 2;
  job.name = "pause_full_rate";
  const MovingRun full(host, job);
  full.clear();
  full.run();
  pause.rate = full.source().per_s / 2;

  job.rate = pause.rate;
  job.warm_s = 3;
  job.measure_s = 5;
  job.name = "pause_without";
  const MovingRun without(host, job);
  job.recovery = true;
  job.name = "pause_with";
  const MovingRun with(host, job);
  std::vector<Delays> delays_without, delays_with;
  for (unsigned i = 0; i < runs; ++i) {
    without.clear();
    without.run();
    delays_without.push_back(read_delays(without));
    with.clear();
    with.run();
    delays_with.push_back(read_delays(with));
  }
  with.drop_store();
  pause.without = median_of(delays_without);
  pause.with = median_of(delays_with);
  return pause;
}

}  // namespace bench
