// The memory of windows: blocks that hold what is known of one window, or of a pane that several
// windows share, and behind that the state that is folded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "windower.h"

namespace streamhost::window {

// One block, in the list of its key. The state lies kPaneHead bytes behind its begin: a small one
// is in the same line of the cache.
struct Pane {
  Pane* previous;
  Pane* next;
  Span span;     // of a session: first record, and last record + gap + 1 us
  int64_t id;    // of the window; of a shared pane: the last window it is in
  bool merged;   // other sessions were merged into this one
  bool changed;  // since its last partial result
};

constexpr size_t kPaneHead = 48;
static_assert(sizeof(Pane) == kPaneHead);

inline void* state_of(Pane* pane) { return reinterpret_cast<std::byte*>(pane) + kPaneHead; }

// The panes of one key, by their opening. Does not own them.
struct PaneList {
  Pane* first = nullptr;
  Pane* last = nullptr;

  bool empty() const { return first == nullptr; }
  // The last one that opens at `time` or before; null when there is none. Searches from the end.
  Pane* at_or_before(int64_t time) const {
    Pane* pane = last;
    while (pane != nullptr && pane->span.open > time) pane = pane->previous;
    return pane;
  }
  // Puts `pane` behind `before`, or first when that is null.
  void insert_after(Pane* before, Pane* pane);
  void remove(Pane* pane);
};

// Blocks of one size, without a call to the allocator for each. Everything is given back to the
// system when no block is in use any more.
class PanePool {
 public:
  // For states of this size and alignment (a power of two, at most 64).
  PanePool(size_t state_size, size_t state_align);
  ~PanePool();
  PanePool(const PanePool&) = delete;
  PanePool& operator=(const PanePool&) = delete;

  // A block, not initialised. Throws bad_alloc.
  Pane* take();
  void give_back(Pane* pane);

  size_t in_use() const { return in_use_; }
  size_t memory() const { return memory_; }  // bytes

 private:
  struct Piece {
    void* memory;
    size_t size;
  };
  void add_piece();
  void release();

  const size_t block_, lead_;  // lead_: bytes at the begin of a piece, so that states are aligned
  size_t next_piece_ = kFirstPiece;
  size_t in_use_ = 0, memory_ = 0;
  std::byte* at_ = nullptr;
  std::byte* end_ = nullptr;
  void* free_ = nullptr;  // a list linked through the blocks
  std::vector<Piece> pieces_;

  static constexpr size_t kFirstPiece = size_t{64} << 10;
};

}  // namespace streamhost::window
