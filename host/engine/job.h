// What the workers of one running job share: settings, services, and how it comes to its end.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "dataflow/dataflow.h"
#include "engine/metrics.h"
#include "exchange/channel.h"
#include "plugin/catalog.h"

namespace streamhost {

// How far the sources of one worker have come; written by it now and then, read by anyone.
struct WorkerProgress {
  std::atomic<uint64_t> records{0};      // put out by sources
  std::atomic<uint64_t> bytes_done{0};   // read by sources that count bytes
  std::atomic<uint64_t> bytes_total{0};  // UINT64_MAX: some source has no known end
};

class Job {
 public:
  Job(const Dataflow& flow, Catalog& catalog, Log log, WallClock clock);
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  const Dataflow& flow() const { return flow_; }
  Catalog& catalog() { return catalog_; }
  spdlog::logger& log() { return *log_; }
  Metrics& metrics() { return metrics_; }
  ExchangeHub& hub() { return hub_; }
  uint32_t workers() const { return flow_.run.workers; }
  int64_t now_us() const { return clock_(); }
  std::vector<WorkerProgress>& progress() { return progress_; }

  // Ends the job with this outcome; only the first one counts. Returns false, for
  // `return job.fail(...)`. [any thread]
  bool fail(const Step& step, const std::string& message);
  bool fail(Status status);
  // True once fail() was called: every worker returns as soon as it can. [any thread]
  bool stopping() const { return stopping_.load(std::memory_order_seq_cst); }
  Status outcome() const;

  // Asks the sources to end. [any thread]
  void drain();
  bool draining() const { return draining_.load(std::memory_order_seq_cst); }

  // A worker has prepared its sinks; the last one lets all of them commit. [worker]
  void prepared();
  bool all_prepared() const {
    return prepared_.load(std::memory_order_seq_cst) == flow_.run.workers;
  }

 private:
  const Dataflow& flow_;
  Catalog& catalog_;
  Log log_;
  WallClock clock_;
  Metrics metrics_;
  ExchangeHub hub_;
  std::vector<WorkerProgress> progress_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> draining_{false};
  std::atomic<uint32_t> prepared_{0};
  mutable std::mutex mutex_;
  Status outcome_;
};

// `step "words" (text.split)`: how messages name a step.
std::string step_name(const Step& step);

}  // namespace streamhost
