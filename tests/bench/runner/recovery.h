// What it costs a job to keep snapshots: throughput, a pause at each barrier, time to resume,
// memory and room on the disk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "idle.h"

namespace bench {

// 1 million keys of 16 bytes are counted, of which a tenth change in an epoch of a second.
struct SnapshotCost {
  static constexpr double kLeast = 0.9;
  unsigned workers = 1;
  double without_per_s = 0, with_per_s = 0;  // records a second without a store and with one
  double ratio = 0;                          // with / without: the median over pairs of runs
  double rows = 0, bytes = 0;                // of an epoch
  double writer_cpu_percent = 0;             // of one core, of the thread that writes
};
SnapshotCost measure_snapshots(const HostCommand& host, unsigned workers, unsigned runs);

// The same with half as many records a second as are possible without a store: how long records
// are on their way.
struct Delays {
  int64_t p50 = 0, p99 = 0, p999 = 0, most = 0;  // us
  int64_t barrier_p99 = 0;  // of those that were born within 50 ms before or behind a barrier
  double barriers = 0;
};
struct BarrierPause {
  static constexpr int64_t kMostUs = 10'000;
  unsigned workers = 1;
  double rate = 0;  // records a second
  Delays without, with;
};
BarrierPause measure_pause(const HostCommand& host, unsigned workers, unsigned runs);

struct Resume {
  static constexpr double kMostSeconds = 2;  // with a million keys
  static constexpr double kMostMemory = 1.5;
  unsigned workers = 1;
  uint64_t keys = 0;
  uint64_t store_bytes = 0;
  uint64_t running_kb = 0, resuming_kb = 0;  // at most, of the first run and of those that resume
  double first_record_s = 0;                 // from the start of the process to its first output
  double end_s = 0;                          // to its end, when there is no new input
};
Resume measure_resume(const HostCommand& host, unsigned workers, uint64_t keys, unsigned runs);

// How much memory a counted key of 16 bytes takes, beyond these 16: the difference between a job
// with a million keys and one with one.
struct StateSize {
  static constexpr double kMost = 100;
  unsigned workers = 1;
  bool recovery = true;
  double bytes = 0;       // of a key, in the middle of the run
  double peak_bytes = 0;  // at the worst moment of it: when all keys are saved at once
};
StateSize measure_state_size(const HostCommand& host, unsigned workers, bool recovery);

// The store of a steady job that ends an epoch as soon as the last one is on disk.
struct StoreGrowth {
  struct Sample {
    uint64_t epoch = 0;
    uint64_t bytes = 0, most = 0;  // now, and at most since the sample before
  };
  std::vector<Sample> samples;
  double epochs_per_s = 0;
  double rows = 0;  // of an epoch

  // Whether the second half of the run needed hardly more than the first.
  bool flat() const;
};
StoreGrowth measure_growth(const HostCommand& host);

struct RecoveryReport {
  std::vector<SnapshotCost> snapshots;
  std::vector<BarrierPause> pauses;
  std::vector<Resume> resumes;
  std::vector<StateSize> state_sizes;
  std::vector<StoreGrowth> growths;
};

// As lines for people, and as members of a JSON object, each with a comma before it.
std::string table(const RecoveryReport& report);
std::string json_members(const RecoveryReport& report);

}  // namespace bench
