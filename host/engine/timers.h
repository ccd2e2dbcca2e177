// The timers of one keyed step on one worker: ordered by when they are due, one per state, clock
// and tag. Costs nothing for a state that has none. [worker]
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
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
  // The timers of a state; null when it has none. Valid until the next change.
  const std::vector<Set>* of(void* state) const {
    const auto it = by_state_.find(state);
    return it == by_state_.end() ? nullptr : &it->second;
  }
  bool empty() const { return order_.empty(); }
  // When the next one is due; empty when there is none.
  std::optional<int64_t> next() const;
  // Takes up to `most` timers that are due at `now_us`, oldest first, appending to `due`; at most
  // one of each state.
  void take_due(int64_t now_us, size_t most, std::vector<Due>& due);

 private:
  using Key = std::tuple<int64_t, void*, uint64_t>;  // at, state, tag
  void forget(void* state, uint64_t tag);

  std::set<Key> order_;
  std::unordered_map<void*, std::vector<Set>> by_state_;
};

}  // namespace streamhost
