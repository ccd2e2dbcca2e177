#include <cstring>
#include <functional>
#include <queue>

#include "loops.h"
#include "timed_batches.h"
#include "window_rows.h"

namespace bench {
namespace {

struct Session {
  int64_t open_us, last_us, number;
  uint64_t count;
};

// Disorder is less than the gap: no more than two are open at a time, and one that is being put in.
struct Key {
  char text[TimedRecords::kKeySize];
  uint32_t size = 0;
  int64_t looked_at_us = INT64_MAX;  // when it will be; INT64_MAX: nobody has to
  Session sessions[3];

  void add(int64_t time_us, int64_t gap_us) {
    uint32_t i = 0;
    while (i < size && sessions[i].last_us + gap_us < time_us) ++i;
    if (i == size || time_us + gap_us < sessions[i].open_us) {
      for (uint32_t j = size; j > i; --j) sessions[j] = sessions[j - 1];
      sessions[i] = {time_us, time_us, time_us, 1};
      ++size;
      return;
    }
    Session& s = sessions[i];
    s.open_us = std::min(s.open_us, time_us);
    s.last_us = std::max(s.last_us, time_us);
    ++s.count;
    if (i + 1 == size || s.last_us + gap_us < sessions[i + 1].open_us) return;
    const Session& next = sessions[i + 1];
    s.last_us = next.last_us;
    s.number = std::min(s.number, next.number);
    s.count += next.count;
    remove(i + 1);
  }
  void remove(uint32_t i) {
    --size;
    for (; i < size; ++i) sessions[i] = sessions[i + 1];
  }
};

}  // namespace

void sessions(const TimedShape& shape, int64_t gap_us, const std::string& output) {
  TextMap<uint32_t> numbers(12);  // of a key, from 1 on
  std::vector<Key> keys(1);
  // When to look at a key that has sessions. Often it is too early then.
  using Due = std::pair<int64_t, uint32_t>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due;
  WindowRows rows;
  const auto close_of = [&](const Session& s) { return s.last_us + gap_us + 1; };
  const auto look_at = [&](uint32_t number) {
    Key& key = keys[number];
    key.looked_at_us = close_of(key.sessions[0]);
    due.emplace(key.looked_at_us, number);
  };
  const auto close_until = [&](int64_t watermark) {
    while (!due.empty() && due.top().first <= watermark) {
      const auto [at_us, number] = due.top();
      due.pop();
      Key& key = keys[number];
      if (at_us != key.looked_at_us) continue;
      key.looked_at_us = INT64_MAX;
      while (key.size > 0 && close_of(key.sessions[0]) <= watermark) {
        const Session& s = key.sessions[0];
        rows.window(s.number, s.open_us, close_of(s), false);
        rows.count({key.text, sizeof key.text}, s.count);
        key.remove(0);
      }
      if (key.size > 0) look_at(number);
    }
  };
  for_each_timed(
      shape, numbers,
      [&](const TimedRecord& record, uint64_t hash) {
        uint32_t& number = numbers.at(record.key, hash);
        if (number == 0) {
          number = static_cast<uint32_t>(keys.size());
          std::memcpy(keys.emplace_back().text, record.key.data(), record.key.size());
        }
        Key& key = keys[number];
        key.add(record.time_us, gap_us);
        if (close_of(key.sessions[0]) < key.looked_at_us) look_at(number);
      },
      close_until);
  close_until(INT64_MAX);
  rows.write(output);
}

}  // namespace bench
