#include "loops.h"
#include "timed_batches.h"
#include "window_rows.h"

namespace bench {

void tumbling(const TimedShape& shape, int64_t length_us, const std::string& output) {
  // Disorder is less than a window is long, so there are never more than two.
  struct Counts {
    uint32_t of[2] = {0, 0};  // by the window's number modulo 2
  };
  TextMap<Counts> keys(12);
  WindowRows rows;
  Place window(length_us);
  int64_t first_open = window.of(shape.start_us - shape.disorder_us), newest = first_open;
  const auto close_first = [&] {
    rows.window(first_open, first_open * length_us, (first_open + 1) * length_us);
    keys.each([&](std::string_view key, Counts& counts) {
      uint32_t& count = counts.of[first_open & 1];
      if (count != 0) rows.count(key, count);
      count = 0;
    });
    ++first_open;
  };
  for_each_timed(
      shape, keys,
      [&](const TimedRecord& record, uint64_t hash) {
        const int64_t number = window.of(record.time_us);
        newest = std::max(newest, number);
        ++keys.at(record.key, hash).of[number & 1];
      },
      [&](int64_t watermark) {
        while ((first_open + 1) * length_us <= watermark) close_first();
      });
  while (first_open <= newest) close_first();
  rows.write(output);
}

}  // namespace bench
