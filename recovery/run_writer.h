// Writes a run of a file: rows in their order, chunk by chunk, within the caller's transactions.
#pragma once

#include <string>

#include "recovery/encoded_row.h"
#include "recovery/partition.h"

namespace streamhost::recovery {

// A chunk is written once it is this long; one with a longer row is as long as that row.
inline constexpr size_t kChunkBytes = 96 * 1024;

class RunWriter {
 public:
  // `run`: its id, step and epochs; the rest is counted here.
  RunWriter(Partition& partition, const RunRow& run) : partition_(partition), run_(run) {}

  void add(const EncodedRow& row) {
    ++run_.rows;
    run_.erased += row.erased ? 1 : 0;
    if (row.version > run_.version) run_.version = row.version;
    if (chunk_.size() + row.encoded.size() > kChunkBytes) flush();
    chunk_ += row.encoded;
  }
  // Writes what is left; the run as it is now. Nothing may be added any more.
  const RunRow& finish() {
    flush();
    return run_;
  }
  const RunRow& run() const { return run_; }

 private:
  void flush();

  Partition& partition_;
  RunRow run_;
  std::string chunk_;
};

}  // namespace streamhost::recovery
