#include "number.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace plugin_common {
namespace {

constexpr size_t kMostDigits = 18;
constexpr int64_t k18Digits = 1'000'000'000'000'000'000;
__extension__ typedef unsigned __int128 Uint128;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

char* write_padded(char* to, uint64_t value, int width) {
  char buffer[24];
  const char* const end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  for (auto missing = width - (end - buffer); missing > 0; --missing) *to++ = '0';
  std::memcpy(to, buffer, static_cast<size_t>(end - buffer));
  return to + (end - buffer);
}

// Reads a decimal of up to 18 digits, which fit 64 bits. False when it is none.
bool parse_decimal(std::string_view text, Number* number) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = *p == '-';
  p += negative;
  uint64_t digits = 0;  // wraps around when there are too many
  const auto take_digits = [&] {
    const char* const start = p;
    for (unsigned digit; p != end && (digit = static_cast<unsigned>(*p) - '0') <= 9; ++p) {
      digits = digits * 10 + digit;
    }
    return static_cast<size_t>(p - start);
  };
  const size_t whole = take_digits();
  size_t decimals = 0;
  if (whole == 0) return false;
  if (p != end) {
    if (*p++ != '.') return false;
    decimals = take_digits();
    if (p != end || decimals == 0 || decimals > kMostDecimals) return false;
  }
  if (whole + decimals > kMostDigits) return false;
  const auto magnitude = static_cast<int64_t>(digits);
  number->digits = negative ? -magnitude : magnitude;
  number->decimals = static_cast<int32_t>(decimals);
  return true;
}

bool parse_unusual_number(std::string_view text, Number* number) {
  const std::string_view inner = trimmed(text);
  if (inner.empty()) return false;
  if (inner.size() != text.size()) return parse_number(inner, number);
  if (text.front() == '+') {
    if (text.size() == 1 || text[1] == '-' || text[1] == '+') return false;
    return parse_number(text.substr(1), number);
  }
  const char* const end = text.data() + text.size();
  const auto whole = std::from_chars(text.data(), end, number->digits);
  if (whole.ec == std::errc() && whole.ptr == end) {
    number->decimals = 0;
    return true;
  }
  const auto real = std::from_chars(text.data(), end, number->real);
  number->decimals = -1;
  return real.ec == std::errc() && real.ptr == end && std::isfinite(number->real);
}

}  // namespace

double Number::long_as_double() const {
  Number shortest = *this;
  for (; shortest.decimals > 0 && shortest.digits % 10 == 0; --shortest.decimals) {
    shortest.digits /= 10;
  }
  if (shortest.decimals != decimals) return shortest.as_double();
  return static_cast<double>(static_cast<long double>(digits) /
                             static_cast<long double>(kPowersOfTen[decimals]));
}

bool parse_long_number(std::string_view text, Number* number) {
  constexpr size_t kLongest = kMostDigits + 2;                                 // a sign and a point
  if (text.size() - 1 < kLongest && parse_decimal(text, number)) return true;  // not empty either
  return parse_unusual_number(text, number);
}

char* write_double(char* to, double value) {
  if (!std::isfinite(value)) {
    std::memcpy(to, "null", 4);
    return to + 4;
  }
  if (value == 0) value = 0;  // no "-0"
  return std::to_chars(to, to + kNumberRoom, value).ptr;
}

char* write_billionths(char* to, Int128 billionths) {
  if (billionths < 0) *to++ = '-';
  const Uint128 all =
      billionths < 0 ? -static_cast<Uint128>(billionths) : static_cast<Uint128>(billionths);
  const Uint128 whole = all / static_cast<Uint128>(kBillionths);
  auto fraction = static_cast<uint64_t>(all % static_cast<Uint128>(kBillionths));
  const auto high = static_cast<uint64_t>(whole / k18Digits);
  const auto low = static_cast<uint64_t>(whole % k18Digits);
  if (high != 0) to = write_padded(to, high, 1);
  to = write_padded(to, low, high != 0 ? 18 : 1);
  if (fraction == 0) return to;
  int width = kMostDecimals;
  for (; fraction % 10 == 0; fraction /= 10) --width;
  *to++ = '.';
  return write_padded(to, fraction, width);
}

}  // namespace plugin_common
