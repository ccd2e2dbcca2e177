// `ttl` of a keyed step: keys that no record had for so long are forgotten. [worker]
//
// When a key was seen last stands behind its state, so a record costs one store. A key has one
// timer, which is set again when it turns out to be early: once in a `ttl`, however many records
// come.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "engine/timers.h"

namespace streamhost {

class Expiry {
 public:
  // Without `ttl_us` it does nothing.
  Expiry(std::optional<int64_t> ttl_us, uint32_t state_size)
      : ttl_us_(ttl_us.value_or(0)), offset_((state_size + 7) / 8 * 8) {}

  bool on() const { return ttl_us_ != 0; }
  // What the table has to keep for a state, zeroed at first.
  uint32_t room(uint32_t state_size) const { return on() ? offset_ + 8 : state_size; }

  // A record of each has come. `now_us` is after the epoch of the clock.
  void touched(void* const* states, uint32_t count, int64_t now_us) {
    if (!on()) return;
    for (uint32_t i = 0; i < count; ++i) touched(states[i], now_us);
  }
  // The same, or what last_seen() gave before a restart.
  void touched(void* state, int64_t seen_us) {
    if (!on()) return;
    if (last_seen(state) == 0) timers_.set(state, after(seen_us), 0);
    std::memcpy(static_cast<char*>(state) + offset_, &seen_us, sizeof(seen_us));
  }
  int64_t last_seen(const void* state) const {
    int64_t seen_us;
    std::memcpy(&seen_us, static_cast<const char*>(state) + offset_, sizeof(seen_us));
    return seen_us;
  }

  // Whether a key that was seen last then has to go.
  bool over(int64_t seen_us, int64_t now_us) const { return after(seen_us) <= now_us; }

  // When the next one may have to go; INT64_MAX: none.
  int64_t next_us() const { return timers_.next().value_or(INT64_MAX); }
  // Appends states that have to go, among up to `most` looked at.
  void take(int64_t now_us, size_t most, std::vector<void*>& gone) {
    due_.clear();
    timers_.take_due(now_us, most, due_);
    for (const Timers::Due& d : due_) {
      const int64_t seen_us = last_seen(d.state);
      if (over(seen_us, now_us)) {
        gone.push_back(d.state);
      } else {
        timers_.set(d.state, after(seen_us), 0);
      }
    }
  }
  // A state goes for another reason.
  void forget(void* state) {
    if (on()) timers_.clear(state, 0);
  }
  void clear() { timers_ = Timers(); }

 private:
  int64_t after(int64_t seen_us) const {
    return seen_us > INT64_MAX - ttl_us_ ? INT64_MAX : seen_us + ttl_us_;
  }

  const int64_t ttl_us_;
  const uint32_t offset_;  // of the time, from the state's begin
  Timers timers_;
  std::vector<Timers::Due> due_;
};

}  // namespace streamhost
