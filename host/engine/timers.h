// The timers of one keyed step, worker and clock: ordered by when they are due, one per state and
// tag. Costs nothing for a state that has none, about 70 bytes for one that has, and no allocation
// per timer. [worker]
//
// Two parts. A hash table holds every timer once, found by its state. A radix heap (Ahuja,
// Mehlhorn, Orlin, Tarjan 1990) orders them: bucket i holds times whose highest bit that differs
// from the last one taken is bit i - 1, so that setting appends and taking moves each entry a few
// times, always in sequence. Moving and clearing touch the table only: what is stale in the heap is
// noticed when its bucket is next.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace streamhost {

class Timers {
 public:
  struct Due {
    void* state;
    int64_t at_us;
    uint64_t tag;
  };

  // Sets or moves a timer.
  void set(void* state, int64_t at_us, uint64_t tag);
  void clear(void* state, uint64_t tag);
  // Clears all timers of a state.
  void clear_all(void* state);

  struct Set {
    uint64_t tag;
    int64_t at_us;
  };
  // Appends the timers of a state, in no particular order.
  void append_to(std::vector<Set>& sets, const void* state) const;
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  // A time before which none is due; empty when there is none at all. The least of them, unless one
  // that was moved or cleared since has been earlier: take_due() then finds nothing, and the next
  // answer is later.
  std::optional<int64_t> next() const;
  // Takes up to `most` timers that are due at `now_us`, oldest first, appending to `due`; at most
  // one of each state, since what the first does may move or clear the second.
  void take_due(int64_t now_us, size_t most, std::vector<Due>& due);

  // Bytes of memory.
  size_t memory() const;

 private:
  struct Timer {
    void* state;  // null: an empty place of the table
    int64_t at_us;
    uint64_t tag;
  };
  static constexpr size_t kBuckets = 65;

  size_t home_of(const void* state) const;
  // Its place in the table; the end of the run, an empty place, when there is none.
  size_t find(const void* state, uint64_t tag) const;
  bool has_other(const void* state) const;
  void insert(const Timer& timer);
  void erase(size_t place);
  void resize(size_t places);
  void push(const Timer& timer);
  // What the table says of a heap's entry: nothing when it is stale, else where it belongs now.
  std::optional<Timer> live(const Timer& entry) const;
  size_t first_bucket() const;
  // Spreads a bucket over lower ones, if it has something that is due; otherwise makes it true
  // again. False: nothing is due in it.
  bool spread(size_t bucket, int64_t now_us);
  void rebuild();
  void forget_if_empty();

  std::vector<Timer> table_;  // open addressing, linear probing; a power of two
  size_t size_ = 0;
  std::array<std::vector<Timer>, kBuckets> buckets_;
  std::array<int64_t, kBuckets> least_{};  // no entry of the bucket is earlier
  size_t entries_ = 0;                     // in all buckets
  int64_t last_ = INT64_MIN;               // all entries of bucket 0 are at it, or before
  bool sorted_ = true;                     // bucket 0 is: latest first
  bool several_ = false;                   // some state has had two timers at a time
};

}  // namespace streamhost
