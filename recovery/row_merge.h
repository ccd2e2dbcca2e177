// Several runs of a step read as one: in their order, each key once, as the newest run has it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "recovery/run_cursor.h"

namespace streamhost::recovery {

class RowMerge {
 public:
  // `oldest_first`: runs of one file, as Catalog::visible() gives them. `chunks` outlives it; its
  // database keeps what goes wrong.
  RowMerge(ChunkReader& chunks, const std::vector<RunRow>& oldest_first);

  // Goes to the next key; false at the end, and on failure. Keys that are gone are shown, too.
  // Invalidates the views of the row before.
  bool next();
  const EncodedRow& row() const { return heap_[0].cursor->row(); }

 private:
  struct Entry {
    uint64_t hash = 0;
    size_t age = 0;  // the smaller the newer
    RunCursor* cursor = nullptr;
  };
  static bool before(const Entry& a, const Entry& b);
  static bool same_key(const Entry& a, const Entry& b);
  // Moves the entry's cursor on and the entry to its place below, or takes it out.
  void advance(size_t place);
  void sift_down(size_t place);

  ChunkReader& chunks_;
  std::vector<std::unique_ptr<RunCursor>> cursors_;
  std::vector<Entry> heap_;  // the least first
  bool begun_ = false;
};

}  // namespace streamhost::recovery
