// Which windows a time belongs to: arithmetic alone, no state.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/event_time.h"

namespace streamhost::window {

using plugin_common::kEarliest;
using plugin_common::kLatest;
using plugin_common::kNever;
using plugin_common::kNoTime;
using plugin_common::minus;
using plugin_common::plus;
using plugin_common::within;

// From `open`, inclusive, to `close`, exclusive.
struct Span {
  int64_t open, close;

  bool contains(int64_t time) const { return open <= time && time < close; }
  bool operator==(const Span& other) const { return open == other.open && close == other.close; }
};

// Windows at fixed places: window i is [align + i * offset, align + i * offset + length). Tumbling
// windows have offset = length. All of it for times within(), and for ids of windows that these
// are in: then nothing overflows.
class Grid {
 public:
  // 0 < offset <= length <= kLongest; `align` in the years 0 to 9999.
  static constexpr int64_t kLongest = 100 * int64_t{31'557'600'000'000};  // 100 years
  Grid(int64_t length, int64_t offset, int64_t align)
      : length_(length), offset_(offset), align_(align), rest_(length % offset) {}

  // The first and the last window that a time is in; they and those between are all.
  int64_t first_of(int64_t time) const { return quotient(time - align_ - length_) + 1; }
  int64_t last_of(int64_t time) const { return quotient(time - align_); }
  // The first window that closes after a time, whatever time that is.
  int64_t first_closing_after(int64_t time) const {
    return first_of(std::clamp(time, kEarliest, kLatest + kLongest));
  }
  // Whether there is a time within() that the window is in.
  bool exists(int64_t id) const { return first_of(kEarliest) <= id && id <= last_of(kLatest - 1); }

  // Where a window opens and closes.
  Span window(int64_t id) const {
    const int64_t open = align_ + id * offset_;
    return {open, open + length_};
  }

  // The pane around a time: the widest span in which no window opens or closes, so that all its
  // times are in the same windows. There are one or two in each offset, and a window begins and
  // ends with a whole one.
  Span pane(int64_t time) const {
    const int64_t begin = align_ + last_of(time) * offset_;
    if (rest_ == 0) return {begin, begin + offset_};
    const int64_t middle = begin + rest_;  // where windows that opened earlier close
    return time < middle ? Span{begin, middle} : Span{middle, begin + offset_};
  }

 private:
  // time / offset, rounded down.
  int64_t quotient(int64_t time) const { return time / offset_ - (time % offset_ < 0 ? 1 : 0); }

  int64_t length_, offset_, align_, rest_;
};

}  // namespace streamhost::window
