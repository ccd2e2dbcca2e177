// Jobs over the source bench.moving (plugin/moving.h), with a recovery store or without: what the
// measurements of snapshots have in common.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "idle.h"

namespace bench {

struct MovingJob {
  std::string name;  // of its manifest and its files
  unsigned workers = 1;
  bool recovery = true;
  std::string epoch = "1s";
  uint64_t keys = 1'000'000;
  // So many keys, of those that the source glides over, change in a second: these in the window and
  // as many that it reaches.
  uint64_t window = 50'000, glide = 50'000;
  double rate = 0;  // records a second; 0: as fast as possible
  unsigned warm_s = 0, measure_s = 0;
  uint64_t last_epoch = 0;
  // The steps behind the source `records`; @REPORT@ is replaced by report(), @STORE@ by store().
  std::string steps;
};

class MovingRun {
 public:
  MovingRun(const HostCommand& host, MovingJob job);

  // Forgets what earlier runs left: their reports and the store, or the store alone.
  void clear() const;
  void drop_store() const;
  Command command() const;
  std::string errors() const { return file(".err"); }
  std::string report() const { return file(".report"); }
  std::string store() const { return file(".store"); }
  // Runs it to its end.
  Usage run() const;

  // What the source says of the last run. Throws std::runtime_error when it says nothing.
  struct Source {
    uint64_t records = 0;            // all
    double per_s = 0;                // of the measurement
    int64_t from_us = 0, to_us = 0;  // when all partitions measured
  };
  Source source() const;

  struct Store {
    uint64_t epochs = 0;
    // The medians of the last epochs, but for the very last one.
    double rows = 0, bytes = 0;
    uint64_t file_bytes = 0;
  };
  // What `streamhost recovery show` says.
  Store shown() const;

 private:
  std::string file(const std::string& end) const { return host_.scratch + "/" + job_.name + end; }

  const HostCommand& host_;
  const MovingJob job_;
  std::string manifest_;
};

// The steps of a job that counts the records of each key, where each record goes to the worker that
// owns its key, and adds up the counts in the end.
extern const char* const kCountSteps;
// The same for one that lets every record pass after it was counted, to the sink that takes delays.
extern const char* const kPassSteps;

}  // namespace bench
