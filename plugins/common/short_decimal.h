// Reads numbers of a few characters ("42", "-12.3") without a branch that depends on them: their
// lengths and signs vary at random, and a mispredicted branch costs more than all the rest.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "peek.h"

namespace plugin_common {

// digits / 10^decimals.
struct ShortDecimal {
  int64_t digits;
  int32_t decimals;
  bool leading_zero;  // a zero in front of another digit, as in "007" or "-00.5"
};

// Zeros for so many bytes in front of a text.
inline constexpr uint64_t kShortDecimalPads[8] = {
    0, 0x30, 0x3030, 0x303030, 0x30303030, 0x3030303030, 0x303030303030, 0x30303030303030};

// Reads a text of 1 to 8 characters: an optional minus, digits, and maybe a point with digits on
// both sides. False, also for other lengths, when it is anything else.
inline bool read_short_decimal(std::string_view text, ShortDecimal* number) {
  if constexpr (std::endian::native != std::endian::little) return false;
  const size_t size = text.size();
  if (size - 1 >= 8) [[unlikely]]
    return false;
  // The text moves to the end of the word, its last character to the highest byte. In front of it,
  // for the sign and in the end for the point come zeros.
  const uint64_t word = peek_word(text.data(), size);
  const uint64_t negative = static_cast<uint8_t>(word) == '-';
  const auto pad = static_cast<unsigned>(8 - size);
  uint64_t w = (word + negative * ('0' - '-')) << (8 * pad) | kShortDecimalPads[pad];

  const unsigned first = pad + static_cast<unsigned>(negative);  // where the digits begin
  unsigned decimals = 0;
  const uint64_t points = ~w & 0x1010101010101010;  // a bit in each byte that may be the point
  if (points != 0) {
    const auto at = static_cast<unsigned>(std::countr_zero(points)) / 8;
    // There must be a digit on both sides. Were there another such byte, it would be found not to
    // be a digit, whatever these masks do to it.
    const uint64_t one = points >> 4, below = one - 1, above = 0 - (one << 8);
    if (at - first - 1 >= 6 - first || (w & ((one << 8) - one)) != one * '.') [[unlikely]]
      return false;
    w = (w & above) | (w & below) << 8 | '0';
    decimals = 7 - at;
  } else if (first == 8) [[unlikely]] {
    return false;
  }
  const uint64_t values = w ^ 0x3030303030303030;
  // Above 9, or above 127 as it is.
  if (((values | (values + 0x7676767676767676)) & 0x8080808080808080) != 0) [[unlikely]]
    return false;

  const uint64_t pairs = values * 10 + (values >> 8);
  constexpr uint64_t kPair = 0x000000ff000000ff;
  const uint64_t all = ((pairs & kPair) * (100 + (uint64_t{1000000} << 32)) +
                        ((pairs >> 16) & kPair) * (1 + (uint64_t{10000} << 32))) >>
                       32;
  const auto magnitude = static_cast<int64_t>(all & 0xffffffff);
  const auto sign = static_cast<int64_t>(negative);
  number->digits = (magnitude ^ -sign) + sign;
  number->decimals = static_cast<int32_t>(decimals);
  number->leading_zero = static_cast<char>(word >> (8 * negative)) == '0' &&
                         first + 1 + decimals + (points != 0 ? 1 : 0) < 8;
  return true;
}

}  // namespace plugin_common
