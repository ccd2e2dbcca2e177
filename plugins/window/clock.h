// The watermark of one key, for `clock = { kind = "event", per = "key" }`.
#pragma once

#include "windower.h"

namespace streamhost::window {

// The largest (event time - wait) that was seen, moving on with the wall clock since. Plain data.
struct KeyClock {
  int64_t base_us = kNoTime;  // what the watermark was ...
  int64_t seen_us = 0;        // ... at this time of the wall clock

  // The watermark; kNoTime before the first record. A wall clock that was set back does not move
  // it.
  int64_t watermark(int64_t now_us) const {
    if (base_us == kNoTime) return kNoTime;
    return now_us <= seen_us ? base_us : plus(base_us, minus(now_us, seen_us));
  }
  // A record came. `watermark`: what it was just before. Returns what it is now.
  int64_t see(int64_t time_us, int64_t wait_us, int64_t now_us, int64_t watermark) {
    const int64_t least = minus(time_us, wait_us);
    if (least <= watermark) return watermark;
    base_us = least;
    seen_us = now_us;
    return least;
  }
  // When, by the wall clock, the watermark comes to a time, if nothing is seen any more.
  int64_t reaches(int64_t time_us) const { return plus(seen_us, minus(time_us, base_us)); }
};

}  // namespace streamhost::window
