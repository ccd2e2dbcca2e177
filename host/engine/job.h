// What the workers of one running job share: settings, services, and how it comes to its end.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/log.h"
#include "base/status.h"
#include "dataflow/dataflow.h"
#include "engine/alignment.h"
#include "engine/epochs.h"
#include "engine/metrics.h"
#include "engine/peers.h"
#include "engine/snapshots.h"
#include "engine/state_exchange.h"
#include "engine/watermark.h"
#include "exchange/channel.h"
#include "plugin/catalog.h"

namespace streamhost {

// What one worker is at. [worker]
struct alignas(64) WorkerScope {
  Origin* origin = nullptr;  // of the records in hand
};

// How far the sources of one worker have come; written by it now and then, read by anyone.
struct WorkerProgress {
  std::atomic<uint64_t> records{0};      // put out by sources
  std::atomic<uint64_t> bytes_done{0};   // read by sources that count bytes
  std::atomic<uint64_t> bytes_total{0};  // UINT64_MAX: some source has no known end
};

// One source among those that it is kept abreast with.
struct PlaceInAlignment {
  Alignment* alignment = nullptr;  // null: it is not
  uint32_t source = 0;             // its number there
};

class Job final : private PeerNews {
 public:
  // `members`: the processes that run it together; null: this one alone.
  Job(const Dataflow& flow, Catalog& catalog, Log log, WallClock clock,
      cluster::Members* members = nullptr);
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  const Dataflow& flow() const { return flow_; }
  Catalog& catalog() { return catalog_; }
  spdlog::logger& log() { return *log_; }
  Metrics& metrics() { return metrics_; }
  ExchangeHub& hub() { return hub_; }
  const Topology& topology() const { return hub_.topology; }
  // Of all processes.
  uint32_t workers() const { return hub_.topology.workers(); }
  // Null when the job runs in one process.
  Peers* peers() { return peers_.get(); }
  cluster::Members* members() { return members_; }
  int64_t now_us() const { return clock_(); }
  std::vector<WorkerProgress>& progress() { return progress_; }
  WorkerScope& scope(uint32_t worker) { return scopes_[topology().local_index(worker)]; }
  PlaceInAlignment place_in_alignment(uint32_t step) const { return places_[step]; }

  // Ends the job with this outcome; only the first one counts. Returns false, for
  // `return job.fail(...)`. [any thread]
  bool fail(const Step& step, const std::string& message);
  bool fail(Status status);
  // True once fail() was called: every worker returns as soon as it can. [any thread]
  bool stopping() const { return stopping_.load(std::memory_order_seq_cst); }
  Status outcome() const;

  // Asks the sources to end, of all processes. [any thread]
  void drain();
  bool draining() const { return draining_.load(std::memory_order_seq_cst); }

  // Opens the recovery store, if the dataflow has one, and plans the epochs. Before the workers
  // start. [control]
  Status open_snapshots();
  void plan_epochs();
  // Hears what other processes tell from here on, and waits until they do, too. What every process
  // knows once this returns: all have planned the same job. Before the workers start. [control]
  Status start();
  // When no worker runs any more: waits for the other processes if all is well, leaves the cluster,
  // ends what is being written to the store, and closes it. [control]
  void finish();
  // Ends the job here because it cannot begin: the others are told why. [control]
  void leave(const Status& why);
  // Null when the job keeps none.
  Snapshots* snapshots() { return snapshots_.get(); }
  // The states that other processes have for the workers here; null when there are none.
  StateExchange* states() { return states_.get(); }
  // True while another process waits to be told that its rows have been taken in, because the store
  // cannot take more: the first worker is to call settle_rows() now and then. [first worker]
  bool owes_rows() const { return owes_rows_.load(std::memory_order_seq_cst); }
  void settle_rows() {
    // The flag first: what is added from here on is either settled or sets it again.
    if (!owes_rows() || !owes_rows_.exchange(false, std::memory_order_seq_cst)) return;
    if (!snapshots_->settle()) owes_rows_.store(true, std::memory_order_seq_cst);
  }
  Epochs& epochs() { return *epochs_; }
  // Whether it goes on from a snapshot; false until the store is open. [any thread]
  bool resumed() const { return resumed_.load(std::memory_order_relaxed); }
  // Asks for a barrier before its time, and says which was asked for last. Without effect until the
  // job runs. [any thread]
  uint64_t request_epoch() {
    Epochs* const epochs = running_epochs_.load(std::memory_order_acquire);
    if (epochs == nullptr) return 0;
    epochs->request();
    return epochs->asked();
  }
  CrashPoint& crash() { return crash_; }
  // A job that begins anew reads nothing before its first epoch, which is empty, is committed: a
  // run that is killed early is then resumed like any other, and what it wrote is cut off.
  bool may_read() const {
    return !first_epoch_is_empty_ || epochs_->committed() >= epochs_->first();
  }

  // Waits for all workers of all processes to come here; the last one of each process runs
  // `action`, which may be null, before it waits for the other processes. False when that failed or
  // the job is stopping. [worker]
  bool meet(const std::function<Status()>& action);

 private:
  bool keeps_epochs() const;
  void find_places();
  void tell_time();

  // What other processes tell; see PeerNews.
  void epoch(const EpochNews& news) override;
  void time(uint32_t process, const std::vector<int64_t>& least_us) override;
  void drain_asked() override;
  Status rows(uint32_t process, uint32_t number, std::string_view encoded) override;
  void rows_settled(uint64_t bytes) override;
  Status states(uint32_t process, cluster::Received& frame) override;
  Status states_credit(uint32_t process, const cluster::Received& frame) override;
  void lost(const Status& why) override;

  bool first_epoch_is_empty_ = false;

  const Dataflow& flow_;
  Catalog& catalog_;
  Log log_;
  WallClock clock_;
  Metrics metrics_;
  ExchangeHub hub_;
  std::vector<WorkerProgress> progress_;
  std::vector<WorkerScope> scopes_;
  std::deque<Alignment> alignments_;
  std::vector<PlaceInAlignment> places_;  // by step
  std::atomic<bool> stopping_{false};
  std::atomic<bool> draining_{false};
  CrashPoint crash_;
  cluster::Members* const members_;
  std::unique_ptr<Peers> peers_;
  std::mutex leaving_;  // of the next
  bool left_ = false;
  std::unique_ptr<Epochs> epochs_;
  std::atomic<Epochs*> running_epochs_{nullptr};  // for threads that are there before it is
  std::atomic<bool> resumed_{false};
  std::unique_ptr<Snapshots> snapshots_;
  std::unique_ptr<StateExchange> states_;
  std::mutex telling_time_;
  std::atomic<bool> owes_rows_{false};
  mutable std::mutex mutex_;
  Status outcome_;
  std::mutex meeting_;
  std::condition_variable met_;
  uint32_t arrived_ = 0;
  uint64_t meetings_ = 0;
};

// `step "words" (text.split)`: how messages name a step.
std::string step_name(const Step& step);

}  // namespace streamhost
