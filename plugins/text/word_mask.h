// Says of 64 bytes at once which of them belong to words, and turns them to lower case.
//
// A word byte is an ASCII letter, a digit, '_', '\'' or any byte from 0x80 up, so that words in
// UTF-8 stay whole. Only ASCII letters have a lower case here. The SSE path needs SSSE3, which is
// in x86-64-v2; everything else takes the table.
#pragma once

#include <array>
#include <cstdint>

#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

namespace streamhost::text {

constexpr bool is_word_byte(uint8_t b) {
  return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '_' ||
         b == '\'' || b >= 0x80;
}
constexpr uint8_t to_lower(uint8_t b) {
  return b >= 'A' && b <= 'Z' ? static_cast<uint8_t>(b + 32) : b;
}

namespace portable {

inline constexpr std::array<bool, 256> kWordBytes = [] {
  std::array<bool, 256> table{};
  for (unsigned b = 0; b < 256; ++b) table[b] = is_word_byte(static_cast<uint8_t>(b));
  return table;
}();

// Bit i says that from[i] is a word byte. With Lower, writes the 64 bytes in lower case to `to`;
// `from` and `to` may be the same.
template <bool Lower>
inline uint64_t word_mask(const uint8_t* from, uint8_t* to) {
  uint64_t mask = 0;
  for (unsigned i = 0; i < 64; ++i) {
    mask |= static_cast<uint64_t>(kWordBytes[from[i]]) << i;
    if constexpr (Lower) to[i] = to_lower(from[i]);
  }
  return mask;
}

}  // namespace portable

#if defined(__SSSE3__)

namespace sse {

// A byte is looked up by its two halves: it is a word byte when both tables share a bit, one bit
// for each row of the ASCII table that has word bytes. A shuffle yields 0 for bytes from 0x80 up;
// their sign bit is added afterwards.
template <bool Lower>
inline uint64_t word_mask16(const uint8_t* from, uint8_t* to) {
  constexpr char kQuoteRow = 1, kDigitRow = 2, kFirstLetterRow = 4, kUpperRow = 8, kLowerRow = 16;
  constexpr char kLetters = kFirstLetterRow | kUpperRow | kLowerRow;
  const __m128i by_low_half =
      _mm_setr_epi8(kDigitRow | kUpperRow | kLowerRow, kDigitRow | kLetters, kDigitRow | kLetters,
                    kDigitRow | kLetters, kDigitRow | kLetters, kDigitRow | kLetters,
                    kDigitRow | kLetters, kQuoteRow | kDigitRow | kLetters, kDigitRow | kLetters,
                    kDigitRow | kLetters, kLetters, kFirstLetterRow, kFirstLetterRow,
                    kFirstLetterRow, kFirstLetterRow, kFirstLetterRow | kUpperRow);
  const __m128i by_high_half = _mm_setr_epi8(0, 0, kQuoteRow, kDigitRow, kFirstLetterRow, kUpperRow,
                                             kFirstLetterRow, kLowerRow, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  const __m128i low = _mm_shuffle_epi8(by_low_half, bytes);
  const __m128i high =
      _mm_shuffle_epi8(by_high_half, _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(15)));
  const __m128i hit = _mm_cmpgt_epi8(_mm_and_si128(low, high), _mm_setzero_si128());
  if constexpr (Lower) {
    const __m128i upper = _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('A' - 1)),
                                        _mm_cmpgt_epi8(_mm_set1_epi8('Z' + 1), bytes));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                     _mm_or_si128(bytes, _mm_and_si128(upper, _mm_set1_epi8(32))));
  }
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(hit, bytes)));
}

template <bool Lower>
inline uint64_t word_mask(const uint8_t* from, uint8_t* to) {
  return word_mask16<Lower>(from, to) | word_mask16<Lower>(from + 16, to + 16) << 16 |
         word_mask16<Lower>(from + 32, to + 32) << 32 |
         word_mask16<Lower>(from + 48, to + 48) << 48;
}

}  // namespace sse

using sse::word_mask;
#else
using portable::word_mask;
#endif

}  // namespace streamhost::text
