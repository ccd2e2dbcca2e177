#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "moving.h"
#include "recovery.h"

namespace bench {

bool StoreGrowth::flat() const {
  static constexpr double kHardlyMore = 1.1;
  uint64_t early = 0, late = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    uint64_t& half = i < samples.size() / 2 ? early : late;
    half = std::max(half, samples[i].most);
  }
  return static_cast<double>(late) <= static_cast<double>(early) * kHardlyMore;
}

StoreGrowth measure_growth(const HostCommand& host) {
  static constexpr uint64_t kEpochs = 10'000;
  MovingJob job;
  job.name = "growth";
  job.epoch = "1ms";
  job.keys = 20'000;
  job.window = 4'000;
  job.glide = 10'000;
  job.rate = 2e6;
  job.last_epoch = kEpochs;
  job.steps = R"([operator.counts]
use = "bench.count_through"
from = "records"

[sink.out]
use = "bench.growth"
from = "counts"
report = "@REPORT@"
store = "@STORE@"
)";
  const MovingRun run(host, job);
  run.clear();
  const Usage usage = run.run();
  StoreGrowth growth;
  std::ifstream in(run.report());
  for (StoreGrowth::Sample s; in >> s.epoch >> s.bytes >> s.most;) growth.samples.push_back(s);
  const MovingRun::Store store = run.shown();
  if (store.epochs < kEpochs || growth.samples.size() < 2) {
    throw std::runtime_error("the job ended early; see " + run.errors());
  }
  growth.epochs_per_s = static_cast<double>(store.epochs) / usage.wall_s;
  growth.rows = store.rows;
  run.drop_store();
  return growth;
}

}  // namespace bench
