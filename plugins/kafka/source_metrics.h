// What the source tells of itself: see "Metrics" in README.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <streamhost/sdk.hpp>

namespace kafka_plugin {

// [worker] where nothing else is said.
class SourceMetrics {
 public:
  explicit SourceMetrics(const streamhost::Context& ctx);

  // A partition, "orders/3", that is open tells how many messages it is behind its end, at `lag`.
  void opened(const int64_t* lag, const std::string& partition);
  void closed(const int64_t* lag);
  // It was `before`.
  void lag_changed(const int64_t* lag, int64_t before);
  // How many are open.
  size_t open() const { return lags_.size(); }
  // Messages that were put out, and how large their keys and values were.
  void count(uint64_t messages, uint64_t bytes);
  // No broker can be reached. [any thread]
  void outage() { ctx_.record(outages_, 1); }
  // The gauge of messages that the job holds, for those that give them back.
  uint32_t in_flight() const { return in_flight_; }

 private:
  void tell_partitions();

  const streamhost::Context ctx_;
  const uint32_t total_lag_, max_lag_, messages_, bytes_, in_flight_, rebalances_, partitions_,
      outages_;
  int64_t total_ = 0, largest_ = 0;
  std::map<const int64_t*, uint32_t> lags_;  // to the partition's own gauge
  std::chrono::steady_clock::time_point looked_at_{};
};

}  // namespace kafka_plugin
