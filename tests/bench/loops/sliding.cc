#include "loops.h"
#include "timed_batches.h"
#include "window_rows.h"

namespace bench {

void sliding(const TimedShape& shape, int64_t offset_us, const std::string& output) {
  // A window is ten panes; with the one or two that begin before it closes there is room.
  static constexpr int64_t kPanes = 10, kRoom = 16;
  struct Counts {
    uint32_t of[kRoom] = {};  // by the pane's number modulo kRoom
  };
  TextMap<Counts> keys(12);
  WindowRows rows;
  Place pane(offset_us);
  int64_t first_open = pane.of(shape.start_us - shape.disorder_us), newest = first_open;
  // Puts out the window whose last pane is the first that is open; its first is then forgotten.
  const auto close_first = [&] {
    const int64_t begin = first_open - kPanes + 1;
    rows.window(begin, begin * offset_us, (first_open + 1) * offset_us);
    keys.each([&](std::string_view key, Counts& counts) {
      uint32_t sum = 0;
      for (int64_t i = begin; i <= first_open; ++i) sum += counts.of[i & (kRoom - 1)];
      if (sum != 0) rows.count(key, sum);
      counts.of[begin & (kRoom - 1)] = 0;
    });
    ++first_open;
  };
  for_each_timed(
      shape, keys,
      [&](const TimedRecord& record, uint64_t hash) {
        const int64_t number = pane.of(record.time_us);
        newest = std::max(newest, number);
        ++keys.at(record.key, hash).of[number & (kRoom - 1)];
      },
      [&](int64_t watermark) {
        while ((first_open + 1) * offset_us <= watermark) close_first();
      });
  while (first_open < newest + kPanes) close_first();
  rows.write(output);
}

}  // namespace bench
