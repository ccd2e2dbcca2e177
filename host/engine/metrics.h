// Figures that steps report, once per batch at most.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace streamhost {

class Metrics {
 public:
  struct Value {
    std::string step, name, help;
    int32_t kind = 0;                // SH_METRIC_...
    std::atomic<double> value{0};    // sum of a counter or histogram, last of a gauge
    std::atomic<uint64_t> count{0};  // of recordings
  };

  // The number of a metric; the same step and name give the same number. [any thread]
  uint32_t add(std::string_view step, int32_t kind, std::string_view name, std::string_view help);
  // Unknown numbers are ignored. [any thread]
  void record(uint32_t id, double value);
  // "step.name value" a line, in order of registration. [any thread]
  std::vector<std::string> lines() const;

 private:
  mutable std::mutex mutex_;
  std::deque<Value> values_;  // elements never move
};

}  // namespace streamhost
