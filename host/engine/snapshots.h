// The recovery store as the engine sees it: what a job resumes with, and where its epochs go.
#pragma once

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
  // nothing. All errors are kRecovery. [control]
  static Result<std::unique_ptr<Snapshots>> open(const Dataflow& flow, Log log, CrashPoint& crash);

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
  // The states of a keyed step; null when there are none.
  Result<std::unique_ptr<recovery::RowReader>> states(uint32_t step) const;
  bool has_states(uint32_t step) const;

  // -- The running job.
  // Begins an execution in the store. When all readers are gone. [any thread]
  Status begin();
  void add(uint32_t step, recovery::RowBlock block) {
    store_->add(number_[step], std::move(block));
  }
  bool congested() const { return store_->congested(); }
  void end_epoch(uint64_t epoch, const std::vector<uint32_t>& cleared,
                 std::function<void(Status)> durable);

 private:
  struct Known {
    bool present = false;  // the store has something of the step
    std::map<std::string, std::string> positions;
    std::map<std::string, SinkHandle> handles, unfinished;
  };
  Snapshots(const Dataflow& flow, Log log) : flow_(flow), log_(std::move(log)) {}
  Status check_steps();
  Status check_step(uint32_t step, const recovery::StoredStep& stored);
  Status load(uint32_t step);

  const Dataflow& flow_;
  Log log_;
  std::unique_ptr<recovery::Store> store_;
  std::vector<Known> known_;      // by step
  std::vector<uint32_t> number_;  // of a step in the store; UINT32_MAX for one that keeps nothing
  std::vector<recovery::StepInfo> infos_;
};

// The row of a sink's handle.
std::string encode_handle(uint64_t epoch, std::string_view handle);

}  // namespace streamhost
