// Finds lines in bytes and describes them as records, without copying anything.
#pragma once

#include <streamhost/sdk.hpp>

#include <cstddef>
#include <cstdint>

namespace plugin_common {

// What counts as a line.
struct LineRules {
  uint64_t max_line = 1 << 20;  // bytes before the '\n'; below 4 GiB
  bool strip_cr = true;         // "\r\n" ends a line as "\n" does
};

// What split_lines did.
struct LineSplit {
  uint32_t lines = 0;             // records filled
  const uint8_t* next = nullptr;  // where the first line that was not taken begins
  const uint8_t* newline =
      nullptr;  // set: the line at `next` ends here and is longer than max_line
};

// The first '\n' in [from, end), or `end`.
const uint8_t* find_newline(const uint8_t* from, const uint8_t* end);

// Fills `records` with the complete lines of [from, end), at most `room` of them, each as a value
// that points into those bytes. `searched` is in [from, end]: the caller knows that there is no
// newline before it. Stops early at a line that is too long. Reads nothing outside [from, end).
LineSplit split_lines(const uint8_t* from, const uint8_t* searched, const uint8_t* end,
                      const LineRules& rules, sh_record* records, uint32_t room);

// A record that is nothing but a value.
inline sh_record value_record(const uint8_t* value, size_t size) {
  sh_record record{};
  record.value = value;
  record.key_len = SH_ABSENT;
  record.value_len = static_cast<uint32_t>(size);
  record.event_time_us = SH_NO_TIME;
  return record;
}

}  // namespace plugin_common
