// Spreads records evenly over time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace streamhost::demo {

// Lets through `rate` records a second from the first call on; what a slow dataflow held up is made
// up for. Times are microseconds of one clock.
class Pacer {
 public:
  // 0: no limit.
  explicit Pacer(double rate) : rate_(rate) {}

  // How many of `wanted` records may go now; they count as gone.
  uint64_t take(int64_t now_us, uint64_t wanted) {
    if (rate_ <= 0) return wanted;
    if (start_us_ == INT64_MIN) start_us_ = now_us;
    const auto passed_us = static_cast<double>(std::max<int64_t>(now_us - start_us_, 0));
    const auto allowed = static_cast<uint64_t>(std::floor(passed_us * rate_ / 1e6)) + 1;
    const uint64_t count = allowed > taken_ ? std::min(wanted, allowed - taken_) : 0;
    taken_ += count;
    return count;
  }

  // When to look again: when the next record is due, but not sooner than kStep after `now_us`, so
  // that high rates come in small lots and not one by one.
  int64_t next_us(int64_t now_us) const {
    const double wait = std::ceil(static_cast<double>(taken_) / rate_ * 1e6);
    return std::max(start_us_ + static_cast<int64_t>(wait), now_us + kStep);
  }

  static constexpr int64_t kStep = 100;

 private:
  double rate_;
  int64_t start_us_ = INT64_MIN;
  uint64_t taken_ = 0;
};

}  // namespace streamhost::demo
