// Numbers as they come in the text of a value, and as they go out again.
//
// Most numbers in data are short decimals ("42", "-12.3"). They are kept as whole digits and a
// count of decimals, so that sums of them are exact and do not depend on the order of adding: any
// number of workers gives the same result. All others are doubles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "short_decimal.h"

namespace plugin_common {

__extension__ typedef __int128 Int128;

// The most decimals a short decimal has.
inline constexpr int32_t kMostDecimals = 9;
inline constexpr int64_t kPowersOfTen[] = {1,      10,      100,      1000,      10000,
                                           100000, 1000000, 10000000, 100000000, 1000000000};
// An exact sum is a count of billionths.
inline constexpr int64_t kBillionths = kPowersOfTen[kMostDecimals];

// digits / 10^decimals; with decimals < 0 it is `real` instead, which is finite.
struct Number {
  int64_t digits;
  int32_t decimals;
  double real;

  bool is_short() const { return decimals >= 0; }
  bool is_integer() const { return decimals == 0; }
  // A short decimal in billionths.
  Int128 billionths() const {
    return static_cast<Int128>(digits) * kPowersOfTen[kMostDecimals - decimals];
  }
  double as_double() const {
    if (decimals < 0) return real;
    if (decimals == 0) return static_cast<double>(digits);
    // Both are exact in a double below 2^53, and then the quotient is rounded once.
    if (digits < (int64_t{1} << 53) && digits > -(int64_t{1} << 53)) {
      return static_cast<double>(digits) / static_cast<double>(kPowersOfTen[decimals]);
    }
    return long_as_double();
  }

 private:
  // The same for many digits: depends on the value alone, however many zeros it ends with.
  double long_as_double() const;
};

// What parse_number does when the text is longer, or no plain short decimal.
bool parse_long_number(std::string_view text, Number* number);

// Reads a whole text as a number: an optional sign, digits, decimals, an exponent; spaces around it
// and leading zeros are allowed. False when it is none, or too large for a double. Integers are
// exact within int64.
inline bool parse_number(std::string_view text, Number* number) {
  ShortDecimal read;
  if (!read_short_decimal(text, &read)) return parse_long_number(text, number);
  number->digits = read.digits;
  number->decimals = read.decimals;
  return true;
}

// Room that each of these needs at `to`; they return the end of what they wrote.
inline constexpr size_t kNumberRoom = 48;

// The shortest text that reads back as the same double; "null" for what JSON cannot say.
char* write_double(char* to, double value);
// An exact count of billionths, as a decimal without needless zeros.
char* write_billionths(char* to, Int128 billionths);

}  // namespace plugin_common
