#include "canonical.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "common/json_text.h"
#include "common/short_decimal.h"

namespace streamhost::agg {
namespace {

bool is_number(std::string_view json) {
  return !json.empty() && (json[0] == '-' || (json[0] >= '0' && json[0] <= '9'));
}

bool is_canonical_already(std::string_view text) {
  plugin_common::ShortDecimal n;
  if (!plugin_common::read_short_decimal(text, &n) || n.leading_zero) return false;
  return n.decimals == 0 ? n.digits != 0 || text == "0" : n.digits % 10 != 0;
}

// A number in parts: +-0.DIGITS * 10^point, the digits neither beginning nor ending with a zero.
struct Scientific {
  bool negative = false;
  std::string digits;  // empty: zero
  int64_t point = 0;
};

// False when the exponent is beyond all reason; `point` is then very far off in its direction.
bool take_apart(std::string_view text, Scientific* n) {
  n->negative = text[0] == '-';
  text.remove_prefix(n->negative);
  const size_t e = std::min(text.find_first_of("eE"), text.size());
  const std::string_view mantissa = text.substr(0, e);
  const size_t dot = std::min(mantissa.find('.'), mantissa.size());
  n->digits = mantissa.substr(0, dot);
  if (dot < mantissa.size()) n->digits += mantissa.substr(dot + 1);
  n->point = static_cast<int64_t>(dot);
  const size_t first = n->digits.find_first_not_of('0');
  if (first == std::string::npos) {
    n->digits.clear();
    return true;
  }
  n->digits.erase(0, first);
  n->point -= static_cast<int64_t>(first);
  n->digits.erase(n->digits.find_last_not_of('0') + 1);
  if (e == text.size()) return true;
  std::string_view exponent = text.substr(e + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  constexpr size_t kReason = 15;  // digits
  int64_t value = 0;
  const bool down = exponent.starts_with('-');
  const size_t first_digit = exponent.find_first_not_of("-0");
  if (first_digit == std::string_view::npos) return true;
  if (exponent.size() - first_digit > kReason) {
    n->point = down ? INT64_MIN : INT64_MAX;
    return false;
  }
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
  n->point += value;
  return true;
}

void append_canonical_number(std::string& to, std::string_view text) {
  Scientific n;
  if (is_canonical_already(text) || !take_apart(text, &n)) {
    to += text;
    return;
  }
  if (n.digits.empty()) {
    to += '0';
    return;
  }
  if (n.negative) to += '-';
  const auto size = static_cast<int64_t>(n.digits.size());
  if (n.point > 0 && n.point <= 21) {
    const auto whole = static_cast<size_t>(n.point);
    if (size <= n.point) {
      to.append(n.digits).append(whole - n.digits.size(), '0');
    } else {
      to.append(n.digits, 0, whole).append(1, '.').append(n.digits, whole);
    }
  } else if (n.point <= 0 && n.point > -6) {
    to.append("0.").append(static_cast<size_t>(-n.point), '0').append(n.digits);
  } else {
    to += n.digits[0];
    if (size > 1) to.append(1, '.').append(n.digits, 1);
    to.append("e").append(std::to_string(n.point - 1));
  }
}

// By value, exactly (unless an exponent is beyond reason): a negative, zero or positive answer.
int compare_numbers(std::string_view a, std::string_view b) {
  Scientific m, n;
  take_apart(a, &m);
  take_apart(b, &n);
  const auto sign = [](const Scientific& s) { return s.digits.empty() ? 0 : s.negative ? -1 : 1; };
  if (sign(m) != sign(n)) return sign(m) - sign(n);
  if (m.digits.empty()) return 0;
  const int magnitude =
      m.point != n.point ? (m.point < n.point ? -1 : 1) : m.digits.compare(n.digits);
  return m.negative ? -magnitude : magnitude;
}

}  // namespace

void append_canonical(std::string& to, std::string_view json) {
  if (is_number(json)) {
    append_canonical_number(to, json);
  } else if (json.starts_with('"') && json.find('\\') != std::string_view::npos) {
    plugin_common::append_json_string(to, plugin_common::json_unescaped(json));
  } else {
    to += json;
  }
}

bool json_less(std::string_view a, std::string_view b) {
  if (is_number(a) && is_number(b)) {
    plugin_common::ShortDecimal m, n;
    if (plugin_common::read_short_decimal(a, &m) && plugin_common::read_short_decimal(b, &n) &&
        m.decimals == n.decimals) {
      if (m.digits != n.digits) return m.digits < n.digits;
    } else if (const int order = compare_numbers(a, b); order != 0) {
      return order < 0;
    }
  }
  return a < b;
}

}  // namespace streamhost::agg
