// The records of the window cases, made by one code for the source bench.timed and for the loops:
// the key of record i is one of `keys` at random, its event time start + i * step, less up to
// `disorder`.
#pragma once

#include <digits.h>
#include <random.h>

#include <cstdint>
#include <cstring>

namespace bench {

struct TimedShape {
  uint64_t end = 0;         // the first index that there is not
  uint32_t partitions = 1;  // partition p has the indexes i with i % partitions == p
  uint32_t keys = 1;        // k0000000 on; at most 10 million
  int64_t start_us = 0, step_us = 0, disorder_us = 0;
};

class TimedRecords {
 public:
  static constexpr uint32_t kKeySize = 8;
  // Bytes that a record takes: its key, and its number with room for all digits.
  static constexpr uint32_t kSize = kKeySize + streamhost::demo::Counter::kDigits;

  TimedRecords(const TimedShape& shape, uint64_t index)
      : shape_(shape), index_(index), counter_(index) {}

  uint64_t index() const { return index_; }
  // How many there still are.
  uint64_t left() const {
    return index_ >= shape_.end ? 0 : (shape_.end - index_ - 1) / shape_.partitions + 1;
  }
  // Makes the next `count`, of those that there are, in count * kSize bytes, and calls
  // `put(n, key, value, value_size, time_us)` for each; n counts from 0.
  template <class Put>
  void make(uint32_t count, char* bytes, Put&& put) {
    // Copies, for the compiler has to assume that bytes written may be part of *this.
    const TimedShape s = shape_;
    streamhost::demo::Counter counter = counter_;
    uint64_t index = index_;
    for (uint32_t n = 0; n < count; ++n, bytes += kSize) {
      const uint64_t bits = streamhost::demo::mix(index);
      streamhost::demo::write_eight_digits(streamhost::demo::scale(bits << 32, s.keys), bytes);
      bytes[0] = 'k';
      char* const digits = bytes + kKeySize;
      std::memcpy(digits, counter.text(), counter.kDigits);
      const auto late_us = static_cast<int64_t>(
          streamhost::demo::scale(bits, static_cast<uint32_t>(s.disorder_us) + 1));
      put(n, bytes, digits + counter.kDigits - counter.width(), counter.width(),
          s.start_us + static_cast<int64_t>(index) * s.step_us - late_us);
      index += s.partitions;
      counter.add(s.partitions);
    }
    counter_ = counter;
    index_ = index;
  }

 private:
  TimedShape shape_;
  uint64_t index_;
  streamhost::demo::Counter counter_;  // the same, in digits
};

}  // namespace bench
