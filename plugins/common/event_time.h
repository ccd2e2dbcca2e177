// Times that can be added to each other, and the watermark of one key.
//
// Times are kept within about 280,000 years of the epoch, so that no sum of two of them overflows;
// what lies beyond is taken for the last time that is within.
#pragma once

#include <streamhost/abi.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace plugin_common {

constexpr int64_t kLatest = 8'900'000'000'000'000'000;
constexpr int64_t kEarliest = -kLatest;
constexpr int64_t kNever = INT64_MAX;
constexpr int64_t kNoTime = SH_NO_TIME;

// The nearest time that is within the limits, and before kLatest.
inline int64_t within(int64_t time) { return std::clamp(time, kEarliest, kLatest - 1); }

// Sum and difference, within the limits.
inline int64_t plus(int64_t a, int64_t b) {
  int64_t sum;
  if (__builtin_add_overflow(a, b, &sum)) return b < 0 ? kEarliest : kLatest;
  return std::clamp(sum, kEarliest, kLatest);
}
inline int64_t minus(int64_t a, int64_t b) {
  int64_t difference;
  if (__builtin_sub_overflow(a, b, &difference)) return b < 0 ? kLatest : kEarliest;
  return std::clamp(difference, kEarliest, kLatest);
}

// A duration as a manifest has it, in the largest unit that needs no fraction: "90s", "1h".
std::string duration_text(int64_t us);

// For `clock = { kind = "event", per = "key" }`: the largest (event time - wait) that was seen,
// moving on with the wall clock since. Plain data.
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

}  // namespace plugin_common
