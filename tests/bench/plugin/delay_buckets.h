// Delays in buckets that grow with them: exact below 64 us, to 3 % above.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bench {

class DelayBuckets {
 public:
  static constexpr size_t kCount = 896;

  // The bucket of a delay; those below 0 or beyond an hour count as these.
  static constexpr size_t bucket_of(int64_t delay_us) {
    const auto delay = static_cast<uint32_t>(std::clamp<int64_t>(delay_us, 0, 3'600'000'000));
    if (delay < 2 * kPerOctave) return delay;
    const auto shift = static_cast<uint32_t>(std::bit_width(delay)) - 6;
    return shift * kPerOctave + (delay >> shift);
  }
  // The least delay of a bucket.
  static constexpr int64_t delay_of(size_t bucket) {
    if (bucket < 2 * kPerOctave) return static_cast<int64_t>(bucket);
    const size_t shift = bucket / kPerOctave - 1;
    return static_cast<int64_t>(bucket - shift * kPerOctave) << shift;
  }

  void add(size_t bucket, uint64_t count) {
    counts_[bucket] += count;
    total_ += count;
  }
  uint64_t count(size_t bucket) const { return counts_[bucket]; }
  uint64_t total() const { return total_; }

  // The delay that a `share` of all (0 to 1) does not exceed, but for the width of a bucket; 0 when
  // there are none.
  int64_t percentile(double share) const {
    const double wanted = share * static_cast<double>(total_);
    uint64_t passed = 0;
    size_t last = 0;
    for (size_t bucket = 0; bucket < kCount; ++bucket) {
      if (counts_[bucket] == 0) continue;
      last = bucket;
      passed += counts_[bucket];
      if (static_cast<double>(passed) >= wanted) break;
    }
    return delay_of(last);
  }

 private:
  static constexpr uint32_t kPerOctave = 32;
  std::array<uint64_t, kCount> counts_{};
  uint64_t total_ = 0;
};

}  // namespace bench
