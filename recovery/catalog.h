// The small rows of a file: whose it is, its executions, epochs, steps and runs. All of them are
// kept in memory while a store is open. Each carries a checksum of its columns, and `meta` the sum
// of all of these, so that neither a changed row nor a vanished one goes unnoticed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace streamhost::recovery {

// Each row type names its table, how many of its first columns tell rows apart, and its columns in
// the order they have in the table (schema.cc).

struct MetaRow {
  std::string store;  // random, the same in all files
  std::string dataflow;
  int64_t part = 0, parts = 1;
  int64_t horizon = 0;  // the oldest epoch that this file can still give; 0: also none at all
  int64_t sum = 0;      // of the checksums of all other small rows

  static constexpr std::string_view kTable = "meta";
  static constexpr int kColumns = 6;
  static auto columns(auto& row) {
    return std::tie(row.store, row.dataflow, row.part, row.parts, row.horizon, row.sum);
  }
};

struct ExecutionRow {
  int64_t number = 0;
  int64_t nonce = 0;  // random: tells executions apart that have one number in different copies
  int64_t started_us = 0, resumed_from = 0, workers = 0, processes = 0;
  std::string host_version;

  static constexpr std::string_view kTable = "execution";
  static constexpr int kKeys = 1, kColumns = 7;
  static auto columns(auto& row) {
    return std::tie(row.number, row.nonce, row.started_us, row.resumed_from, row.workers,
                    row.processes, row.host_version);
  }
};

struct EpochRow {
  int64_t epoch = 0;
  int64_t execution = 0, nonce = 0;  // of the execution
  int64_t committed_us = 0;
  int64_t rows = 0, bytes = 0;  // written to this file

  static constexpr std::string_view kTable = "epoch";
  static constexpr int kKeys = 1, kColumns = 6;
  static auto columns(auto& row) {
    return std::tie(row.epoch, row.execution, row.nonce, row.committed_us, row.rows, row.bytes);
  }
};

// What a step is from one epoch on.
struct StepRow {
  int64_t step = 0;   // step_number() of the name
  int64_t since = 0;  // epoch
  std::string name;
  int64_t kind = 0;  // StepKind; 0: it was dropped
  std::string component;
  int64_t state_version = 0;

  static constexpr std::string_view kTable = "step";
  static constexpr int kKeys = 2, kColumns = 6;
  static auto columns(auto& row) {
    return std::tie(row.step, row.since, row.name, row.kind, row.component, row.state_version);
  }
};

enum class RunState : int64_t {
  kBuilding = 0,  // a merge writes it, a piece at a time
  kWhole = 1,
  kDead = 2,  // its chunks are being deleted, a piece at a time
};

// Rows of one step, each key once, sorted by (hash_of(key), key), cut into chunks.
struct RunRow {
  int64_t id = 0;
  int64_t step = 0;
  int64_t state = 0;                        // RunState
  int64_t first_epoch = 0, last_epoch = 0;  // more than one once runs have been merged
  int64_t clears = 0;                       // 1: the step has nothing older than first_epoch
  int64_t rows = 0, erased = 0;             // erased: how many of the rows say "gone"
  int64_t version = 0;                      // the newest of any row
  int64_t chunks = 0, bytes = 0;

  static constexpr std::string_view kTable = "run";
  static constexpr int kKeys = 1, kColumns = 11;
  static auto columns(auto& row) {
    return std::tie(row.id, row.step, row.state, row.first_epoch, row.last_epoch, row.clears,
                    row.rows, row.erased, row.version, row.chunks, row.bytes);
  }
  bool is(RunState other) const { return state == static_cast<int64_t>(other); }
};

struct Catalog {
  MetaRow meta;
  std::vector<ExecutionRow> executions;  // by number
  std::vector<EpochRow> epochs;          // by epoch
  std::vector<StepRow> steps;            // by step, then epoch
  std::vector<RunRow> runs;              // by id

  std::vector<ExecutionRow>& of(const ExecutionRow*) { return executions; }
  std::vector<EpochRow>& of(const EpochRow*) { return epochs; }
  std::vector<StepRow>& of(const StepRow*) { return steps; }
  std::vector<RunRow>& of(const RunRow*) { return runs; }

  int64_t newest_epoch() const { return epochs.empty() ? 0 : epochs.back().epoch; }
  // Null when the file does not have it.
  const EpochRow* epoch(int64_t number) const;
  // The runs that make up a step at the end of an epoch, oldest first.
  std::vector<RunRow> visible(int64_t step, int64_t epoch) const;
  // The newest epoch up to `epoch` in which the step was cleared; 0: never.
  int64_t cleared(int64_t step, int64_t epoch) const;
  // What each step is at the end of an epoch; without those that were dropped.
  std::vector<StepRow> steps_at(int64_t epoch) const;
};

// The checksum of a small row.
int64_t check_of(const MetaRow& row);
int64_t check_of(const ExecutionRow& row);
int64_t check_of(const EpochRow& row);
int64_t check_of(const StepRow& row);
int64_t check_of(const RunRow& row);

// Sums wrap around.
inline int64_t add_checks(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline int64_t subtract_checks(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

}  // namespace streamhost::recovery
