#include "scalar.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "common/json_number.h"
#include "common/short_decimal.h"
#include "common/utf8.h"

namespace streamhost::json {
namespace {

// Four hexadecimal digits at `at`; empty when they are not.
std::optional<uint32_t> hex4(std::string_view text, size_t at) {
  if (at + 4 > text.size()) return std::nullopt;
  uint32_t value = 0;
  const char* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + 4, value, 16);
  if (error != std::errc() || end != begin + 4) return std::nullopt;
  return value;
}

// The code point of the \u escape whose digits begin at `at`; moves `at` behind it.
std::optional<uint32_t> code_point(std::string_view text, size_t& at) {
  const auto first = hex4(text, at);
  at += 4;
  if (!first || *first < 0xd800 || *first > 0xdfff) return first;
  if (*first > 0xdbff || text.substr(at, 2) != "\\u") return std::nullopt;
  const auto second = hex4(text, at + 2);
  at += 6;
  if (!second || *second < 0xdc00 || *second > 0xdfff) return std::nullopt;
  return 0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00);
}

// Whether the number is a double as it is; if so, in `as_double`.
bool fits_double(const Number& n, double& as_double) {
  constexpr int64_t kMantissa = int64_t{1} << 53;
  as_double = n.form == Number::Form::kSigned ? static_cast<double>(n.integer) : n.floating;
  return n.form == Number::Form::kFloating ||
         (n.form == Number::Form::kSigned && n.integer >= -kMantissa && n.integer <= kMantissa);
}

long double wide(const Number& n) {
  switch (n.form) {
    case Number::Form::kSigned: return static_cast<long double>(n.integer);
    case Number::Form::kUnsigned: return static_cast<long double>(n.natural);
    default: return n.floating;
  }
}

}  // namespace

Kind scalar_kind(std::string_view token) {
  switch (token.empty() ? '\0' : token[0]) {
    case 'n': return token == "null" ? Kind::kNull : Kind::kMissing;
    case 't': return token == "true" ? Kind::kBool : Kind::kMissing;
    case 'f': return token == "false" ? Kind::kBool : Kind::kMissing;
    default: return plugin_common::is_json_number(token) ? Kind::kNumber : Kind::kMissing;
  }
}

std::optional<size_t> unescape(std::string_view escaped, char* to) {
  char* const begin = to;
  for (size_t i = 0; i < escaped.size();) {
    const char c = escaped[i];
    if (c != '\\') {
      *to++ = c;
      ++i;
      continue;
    }
    if (++i == escaped.size()) return std::nullopt;
    switch (escaped[i++]) {
      case '"': *to++ = '"'; break;
      case '\\': *to++ = '\\'; break;
      case '/': *to++ = '/'; break;
      case 'b': *to++ = '\b'; break;
      case 'f': *to++ = '\f'; break;
      case 'n': *to++ = '\n'; break;
      case 'r': *to++ = '\r'; break;
      case 't': *to++ = '\t'; break;
      case 'u': {
        const auto code = code_point(escaped, i);
        if (!code) return std::nullopt;
        to = plugin_common::put_utf8(to, *code);
        break;
      }
      default: return std::nullopt;
    }
  }
  return static_cast<size_t>(to - begin);
}

Number parse_number(std::string_view token) {
  Number n;
  if (plugin_common::ShortDecimal read; plugin_common::read_short_decimal(token, &read)) {
    if (read.decimals == 0) {
      n.integer = read.digits;
      return n;
    }
    // Both are exact in a double, so the quotient is the nearest to the number.
    static constexpr double kPowersOfTen[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
    n.form = Number::Form::kFloating;
    n.floating = static_cast<double>(read.digits) / kPowersOfTen[read.decimals];
    return n;
  }
  const char* const end = token.data() + token.size();
  const auto whole = std::from_chars(token.data(), end, n.integer);
  if (whole.ptr == end) {
    if (whole.ec == std::errc()) return n;
    n.form = Number::Form::kUnsigned;
    if (std::from_chars(token.data(), end, n.natural).ec == std::errc()) return n;
  }
  n.form = Number::Form::kFloating;
  if (std::from_chars(token.data(), end, n.floating).ec == std::errc::result_out_of_range) {
    // from_chars leaves the value alone: too large, or too small to tell from zero.
    const size_t e = token.find_first_of("eE");
    const bool tiny = e != std::string_view::npos && token.substr(e + 1).starts_with('-');
    n.floating = tiny ? 0 : token.starts_with('-') ? -HUGE_VAL : HUGE_VAL;
  }
  return n;
}

int compare(const Number& a, const Number& b) {
  if (a.form == Number::Form::kSigned && b.form == Number::Form::kSigned) {
    return a.integer < b.integer ? -1 : a.integer > b.integer ? 1 : 0;
  }
  double p = 0, q = 0;
  if (fits_double(a, p) && fits_double(b, q)) return p < q ? -1 : p > q ? 1 : 0;
  // 64 bits of mantissa hold every integer of 64 bits and every double exactly.
  const long double x = wide(a), y = wide(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

}  // namespace streamhost::json
