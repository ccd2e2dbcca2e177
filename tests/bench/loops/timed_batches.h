// What the loops of the window cases have in common: records in batches, and the watermark.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "../plugin/timed_records.h"
#include "hash.h"
#include "text_map.h"

namespace bench {

struct TimedRecord {
  std::string_view key, value;
  int64_t time_us;
};

// Times are late when they are before the largest so far less this; the source's disorder is less.
inline constexpr int64_t kWaitUs = 1'000'000;

// Makes all records, a batch at a time, calls `add(record, hash)` for each that is not late, with
// the table's slot prefetched, and after each batch `passed(watermark)`.
template <class Value, class Add, class Passed>
void for_each_timed(const TimedShape& shape, const TextMap<Value>& table, Add&& add,
                    Passed&& passed) {
  static constexpr uint32_t kBatch = 1024;
  TimedRecords records(shape, 0);
  std::vector<char> bytes(kBatch * TimedRecords::kSize);
  std::vector<TimedRecord> batch(kBatch);
  std::vector<uint64_t> hashes(kBatch);
  int64_t largest = INT64_MIN + kWaitUs;
  while (const uint64_t left = records.left()) {
    const auto count = static_cast<uint32_t>(std::min<uint64_t>(left, kBatch));
    records.make(count, bytes.data(),
                 [&](uint32_t n, const char* key, const char* value, uint32_t size, int64_t time) {
                   batch[n] = {{key, TimedRecords::kKeySize}, {value, size}, time};
                 });
    for (uint32_t i = 0; i < count; ++i) {
      hashes[i] = hash_of(batch[i].key);
      table.prefetch(hashes[i]);
    }
    const int64_t watermark = largest - kWaitUs;
    for (uint32_t i = 0; i < count; ++i) {
      if (batch[i].time_us < watermark) continue;
      largest = std::max(largest, batch[i].time_us);
      add(batch[i], hashes[i]);
    }
    passed(largest - kWaitUs);
  }
}

// time / length, rounded down; remembers the last, for most times are near one another.
class Place {
 public:
  explicit Place(int64_t length_us) : length_us_(length_us) {}
  int64_t of(int64_t time_us) {
    if (time_us < begin_us_ || time_us >= begin_us_ + length_us_) {
      number_ = time_us / length_us_ - (time_us % length_us_ < 0 ? 1 : 0);
      begin_us_ = number_ * length_us_;
    }
    return number_;
  }

 private:
  int64_t length_us_, begin_us_ = 0, number_ = 0;
};

}  // namespace bench
