// The recovery store as the engine sees it: what a job resumes with, and where its epochs go.
//
// In a cluster each process keeps some of the store's files. What is small (positions, handles) is
// told to all when the store is opened; states of keys are brought by a StateExchange; the rows of
// an epoch go to the process that keeps their file, which tells when it has taken them in.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/status.h"
#include "dataflow/dataflow.h"
#include "engine/peers.h"
#include "recovery/store.h"

namespace streamhost {

// What a sink wrote for one of its partitions, and for which epoch.
struct SinkHandle {
  uint64_t epoch = 0;
  std::string handle;
};

class Snapshots {
 public:
  // Opens the store of the dataflow and checks that its steps can take up what is there; changes
  // nothing. In a cluster together with all others; `peers` is null without one. All errors of our
  // own are kRecovery. [control]
  static Result<std::unique_ptr<Snapshots>> open(const Dataflow& flow, Log log, CrashPoint& crash,
                                                 Peers* peers = nullptr);

  // 0: there is nothing to resume with.
  uint64_t resume_epoch() const { return store_->resume_epoch(); }

  // -- What there is of a step, an index into the dataflow; until begin(). Const, so any thread may
  // ask.
  // The position of a source's partition; null when there is none.
  const std::string* position(uint32_t step, const std::string& partition) const;
  // All positions of a source, and what is stored of a watermark.
  const std::map<std::string, std::string>& positions(uint32_t step) const {
    return known_[step].positions;
  }
  // Names of partitions of a source or sink that have positions, other than `names`.
  std::vector<std::string> partitions_besides(uint32_t step,
                                              const std::vector<std::string>& names) const;
  // The handles of a sink, by partition (or by worker, see SinkNode): of the epoch to resume from,
  // and of one that never became durable.
  const std::map<std::string, SinkHandle>& handles(uint32_t step) const;
  const std::map<std::string, SinkHandle>& unfinished(uint32_t step) const;
  // The states of a keyed step that are kept by this process; null when there are none.
  Result<std::unique_ptr<recovery::RowReader>> states(uint32_t step) const;
  // Whether any process has states of it.
  bool has_states(uint32_t step) const;

  // -- The running job.
  // Begins an execution in the store. When all readers are gone. [any thread]
  Status begin();
  // Rows of the epoch in hand. [any thread]
  void add(uint32_t step, recovery::RowBlock block);
  // True while so much waits to be written, here or elsewhere, that adding more should wait.
  bool congested() const;
  void end_epoch(uint64_t epoch, const std::vector<uint32_t>& cleared,
                 std::function<void(Status)> durable);
  // The epoch is durable with all processes. [any thread]
  void note_committed(uint64_t epoch) { store_->note_committed(epoch); }

  // Rows that another process has added, and what it is told once the store has room for more; sets
  // `*owes` when that is not now: settle() is then to be called until it says true.
  // [cluster's thread]
  Status add_foreign(uint32_t process, uint32_t number, std::string_view encoded, bool* owes);
  // [first worker]
  bool settle();
  // Another process has taken in so many bytes of rows. [cluster's thread]
  void settled(uint64_t bytes) { unsettled_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  struct Known {
    bool present = false;  // the store has something of the step
    std::map<std::string, std::string> positions;
    std::map<std::string, SinkHandle> handles, unfinished;
  };
  Snapshots(const Dataflow& flow, Log log) : flow_(flow), log_(std::move(log)) {}
  Status open_store(recovery::StoreOptions options);
  Status share_store(recovery::StoreOptions options);
  // What is small of this process's files, told to all: a message Stored.
  Result<std::string> stored();
  bool take(const std::string& stored);
  Status check_steps();
  Status check_step(uint32_t step, const recovery::StoredStep& stored);

  const Dataflow& flow_;
  Log log_;
  std::unique_ptr<recovery::Store> store_;
  std::vector<Known> known_;      // by step
  std::vector<uint32_t> number_;  // of a step in the store; UINT32_MAX for one that keeps nothing
  std::vector<recovery::StepInfo> infos_;
  std::vector<recovery::StoredStep> steps_;  // of all processes
  Peers* peers_ = nullptr;
  uint32_t workers_ = 1;                     // of all processes
  std::atomic<uint64_t> unsettled_{0};       // bytes of rows that others have not taken in yet
  std::vector<std::atomic<uint64_t>> owed_;  // by process: bytes of theirs that it was not told of
};

// The row of a sink's handle.
std::string encode_handle(uint64_t epoch, std::string_view handle);

}  // namespace streamhost
