// Figures that steps report, once per batch at most.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace streamhost {

class Metrics {
 public:
  // What one worker reports under one name.
  struct Value {
    std::string step, name, labels, help;  // labels: `partition="orders/3"`, or nothing
    uint32_t worker = 0;
    int32_t kind = 0;                // SH_METRIC_...
    std::atomic<double> value{0};    // sum of a counter or histogram, last of a gauge
    std::atomic<uint64_t> count{0};  // of recordings
  };

  // The number of a worker's metric; the same step, worker and name give the same number. `name`:
  // snake_case, with labels perhaps, `lag{partition="orders/3"}`. [any thread]
  uint32_t add(std::string_view step, uint32_t worker, int32_t kind, std::string_view name,
               std::string_view help);
  // Unknown numbers are ignored. [any thread]
  void record(uint32_t id, double value);
  // "step.name value" a line, in order of registration. Counters are summed over the workers;
  // gauges that several have come as step.name{worker="0"}. [any thread]
  std::vector<std::string> lines() const;

 private:
  mutable std::mutex mutex_;
  std::deque<Value> values_;  // elements never move
  std::map<std::tuple<std::string, std::string, uint32_t>, uint32_t>
      numbers_;  // step, name, worker
};

}  // namespace streamhost
