// Writes epochs, on a thread of its own: gathers rows, sorts them, writes them as runs, commits
// each epoch file by file, and in between keeps the files small (merger.h). What it has written is
// committed only when all processes have: until then the epoch before must remain possible.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "recovery/marker.h"
#include "recovery/merger.h"
#include "recovery/partition.h"
#include "recovery/row.h"
#include "recovery/row_sorter.h"
#include "recovery/run_writer.h"

namespace streamhost::recovery {

struct WriterPlan {
  // Those of this process, by part: outlive the writer; all have begun the execution.
  std::vector<Partition*> partitions;
  std::vector<uint32_t> here;  // the part that each is
  uint32_t parts = 1;          // of the whole store
  bool alone = true;           // no other process has any: what is durable here is committed
  std::string store;
  ExecutionRow execution;
  std::vector<StepRow> steps;    // as of now, in the order of begin()
  std::vector<int64_t> dropped;  // numbers of steps that lose all rows
  int64_t resume = 0;
  int64_t backup_us = 0;
  MarkerWriter* marker = nullptr;  // outlives the writer; null: nothing is to be marked
  std::function<void(std::string_view)> at;
};

class Writer {
 public:
  explicit Writer(WriterPlan plan);
  // Waits for an epoch that was ended.
  ~Writer();

  // See Store. [any thread]
  void add(uint32_t step, RowBlock block);
  bool congested() const;
  void end_epoch(uint64_t epoch, std::vector<uint32_t> cleared,
                 std::function<void(Outcome)> durable);
  void note_committed(uint64_t epoch);

 private:
  using Queue = std::vector<std::pair<uint32_t, RowBlock>>;  // by step
  static constexpr size_t kGather = size_t{32} << 20;        // bytes that are sorted at once
  static constexpr size_t kTooMuch = size_t{64} << 20;

  struct End {
    int64_t epoch = 0;
    std::vector<uint32_t> cleared;
    std::function<void(Outcome)> durable;
  };

  // A file, and what was written into its open transaction.
  struct Target {
    Partition* partition = nullptr;
    std::unique_ptr<Merger> merger;
    std::vector<RunRow> runs;  // whole but for their epoch, which is not known yet
    int64_t rows = 0, bytes = 0;
  };

  void run();
  bool ready() const { return end_ || stop_ || queue_bytes_ >= kGather || noted_ > marked_; }
  // Moves what is queued to the sorter.
  void take(Queue queue);
  // Writes what was gathered into the open transactions; `what` is said when that fails.
  void flush(const std::string& what);
  // Writes and commits the epoch in hand.
  void finish(const End& end);
  void begin_transactions();
  // The small rows of an epoch in one file.
  void describe(Target& target, const End& end);
  void describe_steps(Partition& partition, int64_t epoch);
  void clear(Partition& partition, int64_t step, int64_t epoch);
  void commit();
  // An epoch is committed: all files, with whichever process, have it.
  void committed(int64_t epoch);
  // The newest committed epoch that is old enough to be the oldest one to go back to.
  int64_t horizon() const;
  // Takes over the first failure of any file; false when there is one.
  bool healthy();
  // Nothing is written any more, and nobody has to wait for what was.
  void fail(const Failure& failure);
  // A piece of maintenance; false when there is nothing to do.
  bool maintain();
  void give_memory_back();

  const WriterPlan plan_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Queue queue_;
  size_t queue_bytes_ = 0;
  std::optional<End> end_;
  bool ending_ = false;  // until `durable` is called
  bool stop_ = false;
  int64_t noted_ = 0;               // by note_committed()
  std::atomic<size_t> waiting_{0};  // bytes that are queued or gathered

  // Of the thread alone.
  RowSorter sorter_;
  std::vector<Target> targets_;
  size_t next_target_ = 0;   // of maintenance
  bool epoch_open_ = false;  // its transactions are
  bool first_ = true;        // no epoch of the execution is written yet
  int64_t written_ = 0;      // the newest epoch that our files have
  int64_t committed_ = 0;    // the newest one that all have; what is beyond it may be given up
  int64_t marked_ = 0;       // of what was noted
  size_t free_kept_ = 0;     // bytes that the allocator had free and did not give back
  int64_t owed_ = 0;         // bytes of maintenance that even the next epoch waits for
  std::optional<Failure> failure_;

  std::thread thread_;
};

}  // namespace streamhost::recovery
