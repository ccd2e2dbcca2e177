// Walks over the rows of a run, in their order, holding one chunk in memory.
#pragma once

#include <string>

#include "recovery/encoded_row.h"
#include "recovery/partition.h"

namespace streamhost::recovery {

class RunCursor {
 public:
  // `chunks` outlives it; its database keeps what goes wrong.
  RunCursor(ChunkReader& chunks, const RunRow& run) : chunks_(chunks), run_(run) {}

  // Goes to the next row, at first to the first one; false at the end, and on failure. Invalidates
  // the views of the row before.
  bool next();

  // The current row.
  const EncodedRow& row() const { return row_; }
  uint64_t hash() const { return hash_; }

 private:
  ChunkReader& chunks_;
  RunRow run_;
  int64_t next_chunk_ = 0;
  std::string chunk_;
  const char* in_ = nullptr;
  const char* end_ = nullptr;
  EncodedRow row_;
  uint64_t hash_ = 0;
};

}  // namespace streamhost::recovery
