#include "source_metrics.h"

#include <algorithm>

namespace kafka_plugin {

namespace sh = streamhost;

SourceMetrics::SourceMetrics(const sh::Context& ctx)
    : ctx_(ctx),
      total_lag_(ctx.metric(SH_METRIC_GAUGE, "consumer_lag_total",
                            "consumer_lag, summed over the worker's partitions")),
      max_lag_(ctx.metric(SH_METRIC_GAUGE, "consumer_lag_max",
                          "consumer_lag of the partition that is furthest behind")),
      messages_(ctx.metric(SH_METRIC_COUNTER, "messages", "messages read")),
      bytes_(ctx.metric(SH_METRIC_COUNTER, "message_bytes", "keys and values read, in bytes")),
      in_flight_(ctx.metric(SH_METRIC_GAUGE, "in_flight",
                            "messages that were read and are still held by the job")),
      rebalances_(ctx.metric(SH_METRIC_COUNTER, "rebalances",
                             "times that the set of partitions read by a worker has changed")),
      partitions_(ctx.metric(SH_METRIC_GAUGE, "partitions", "partitions read by a worker")),
      outages_(ctx.metric(SH_METRIC_COUNTER, "outages", "times that no broker could be reached")) {}

void SourceMetrics::tell_partitions() {
  ctx_.record(rebalances_, 1);
  ctx_.record(partitions_, static_cast<double>(lags_.size()));
}

void SourceMetrics::opened(const int64_t* lag, const std::string& partition) {
  // Names of topics have nothing that would have to be escaped.
  const std::string name = "consumer_lag{partition=\"" + partition + "\"}";
  lags_[lag] = ctx_.metric(SH_METRIC_GAUGE, name.c_str(),
                           "messages between what was read and the end of a partition");
  ctx_.record(lags_[lag], 0);
  tell_partitions();
}

void SourceMetrics::closed(const int64_t* lag) {
  if (const auto it = lags_.find(lag); it != lags_.end()) {
    ctx_.record(it->second, 0);
    lags_.erase(it);
  }
  total_ -= *lag;
  tell_partitions();
}

void SourceMetrics::lag_changed(const int64_t* lag, int64_t before) {
  if (*lag == before) return;
  total_ += *lag - before;
  ctx_.record(lags_[lag], static_cast<double>(*lag));
  ctx_.record(total_lag_, static_cast<double>(total_));
  // The largest of many is looked for once a second at most.
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_at_ >= std::chrono::seconds(1)) {
    looked_at_ = now;
    largest_ = 0;
    for (const auto& [of, gauge] : lags_) largest_ = std::max(largest_, *of);
  }
  largest_ = std::min(std::max(largest_, *lag), total_);
  ctx_.record(max_lag_, static_cast<double>(largest_));
}

void SourceMetrics::count(uint64_t messages, uint64_t bytes) {
  ctx_.record(messages_, static_cast<double>(messages));
  ctx_.record(bytes_, static_cast<double>(bytes));
}

}  // namespace kafka_plugin
