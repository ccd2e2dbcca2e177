// The memory of windows: blocks that hold what is known of one window, or of a pane that several
// windows share, and behind that the state that is folded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <streamhost/sdk/fixed_pool.hpp>
#include <utility>

#include "windower.h"

namespace streamhost::window {

// One block. The state lies kPaneHead bytes behind its begin: a small one is in the same line of
// the cache.
struct Pane {
  Span span;     // of a session: first record, and last record + gap + 1 us
  int64_t id;    // of the window; of a shared pane: the last window it is in
  bool merged;   // other sessions were merged into this one
  bool changed;  // since its last partial result
};

constexpr size_t kPaneHead = 32;
static_assert(sizeof(Pane) == kPaneHead);

inline void* state_of(Pane* pane) { return reinterpret_cast<std::byte*>(pane) + kPaneHead; }
inline const void* state_of(const Pane* pane) {
  return reinterpret_cast<const std::byte*>(pane) + kPaneHead;
}

// The panes of one key, by their opening, which is also the order in which they close. Does not own
// them. There may be thousands: when one worker's event time runs far ahead of another's, or with
// `allowed_lateness`. So they are searched by halves, and one that is put in or taken out moves
// those on its shorter side. A single one, which is what most keys have, takes no memory of its
// own.
class PaneList {
 public:
  PaneList() = default;
  PaneList(PaneList&& other) noexcept : PaneList() { swap(other); }
  PaneList& operator=(PaneList&& other) noexcept {
    swap(other);
    return *this;
  }
  ~PaneList() { clear(); }

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  Pane* const* begin() const { return size_ < 2 ? &one_ : many_->panes() + many_->first; }
  Pane* const* end() const { return begin() + size_; }
  Pane* operator[](size_t i) const { return begin()[i]; }
  Pane* front() const { return *begin(); }
  Pane* back() const { return *(end() - 1); }

  // How many of them open at `time` or before.
  size_t opened_by(int64_t time) const;
  // Puts `pane` before that at `at`; it must open between its neighbours.
  void insert(size_t at, Pane* pane);
  void erase(size_t at);
  // Takes the first `count` out.
  void erase_front(size_t count);
  void clear();

  // What has to be in the cache before begin() is read.
  void prefetch() const { __builtin_prefetch(one_); }

 private:
  // An array, behind this head: `size_` panes from `first` on.
  struct Many {
    uint32_t first, room;
    Pane** panes() { return reinterpret_cast<Pane**>(this + 1); }
  };
  static Many* allocate(size_t room);
  // Moves all to the middle of an array for `room` panes, so that one more goes in `at_front`, or
  // at the end.
  void make_room(size_t room, bool at_front);
  // To be called when panes have been taken out of an array.
  void shrink();
  void swap(PaneList& other) noexcept {
    std::swap(one_, other.one_);
    std::swap(size_, other.size_);
  }

  union {
    Pane* one_ = nullptr;  // up to one; null: none
    Many* many_;           // two and more
  };
  size_t size_ = 0;
};

// How blocks for states of this size and alignment (a power of two, at most 64) lie in memory.
FixedPool::Shape shape_of_panes(size_t state_size, size_t state_align);

}  // namespace streamhost::window
