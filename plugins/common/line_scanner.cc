#include "line_scanner.h"

#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace plugin_common {
namespace {

// The loop's state: where the open line begins, and how many lines there are.
class Splitter {
 public:
  Splitter(const uint8_t* from, const LineRules& rules, sh_record* records, uint32_t room)
      : line_(from), rules_(rules), records_(records), room_(room) {}

  // Takes the line that ends at `newline`; false when the loop has to stop.
  bool take(const uint8_t* newline) {
    auto size = static_cast<size_t>(newline - line_);
    if (size > rules_.max_line) [[unlikely]] {
      too_long_ = newline;
      return false;
    }
    if (rules_.strip_cr && size > 0 && newline[-1] == '\r') --size;
    records_[lines_] = value_record(line_, size);
    line_ = newline + 1;
    return ++lines_ < room_;
  }
  LineSplit result() const { return {lines_, line_, too_long_}; }

 private:
  const uint8_t* line_;
  const LineRules rules_;
  sh_record* const records_;
  const uint32_t room_;
  uint32_t lines_ = 0;
  const uint8_t* too_long_ = nullptr;
};

#ifdef __SSE2__
// Bit i is set when at[i] is a newline, for 64 bytes.
inline uint64_t newlines_in_64(const uint8_t* at) {
  const __m128i wanted = _mm_set1_epi8('\n');
  const auto part = [&](int i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at) + i);
    return static_cast<uint64_t>(
        static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted))));
  };
  return part(0) | part(1) << 16 | part(2) << 32 | part(3) << 48;
}
#endif

}  // namespace

const uint8_t* find_newline(const uint8_t* from, const uint8_t* end) {
  if (from == end) return end;
  const void* found = std::memchr(from, '\n', static_cast<size_t>(end - from));
  return found == nullptr ? end : static_cast<const uint8_t*>(found);
}

LineSplit split_lines(const uint8_t* from, const uint8_t* searched, const uint8_t* end,
                      const LineRules& rules, sh_record* records, uint32_t room) {
  Splitter splitter(from, rules, records, room);
  if (room == 0) return splitter.result();
  const uint8_t* at = searched;
#ifdef __SSE2__
  for (; end - at >= 64; at += 64) {
    for (uint64_t mask = newlines_in_64(at); mask != 0; mask &= mask - 1) {
      if (!splitter.take(at + std::countr_zero(mask))) return splitter.result();
    }
  }
#endif
  while ((at = find_newline(at, end)) != end) {
    if (!splitter.take(at)) break;
    ++at;
  }
  return splitter.result();
}

}  // namespace plugin_common
