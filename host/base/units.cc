#include "base/units.h"

#include <array>
#include <limits>
#include <numeric>
#include <optional>

#include "base/json_text.h"

namespace streamhost {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};

constexpr std::array<Unit, 6> kDurations = {{
    {"d", 86'400'000'000},
    {"h", 3'600'000'000},
    {"m", 60'000'000},
    {"s", 1'000'000},
    {"ms", 1'000},
    {"us", 1},
}};

constexpr std::array<Unit, 9> kSizes = {{
    {"TiB", int64_t{1} << 40},
    {"GiB", int64_t{1} << 30},
    {"MiB", int64_t{1} << 20},
    {"KiB", int64_t{1} << 10},
    {"TB", 1'000'000'000'000},
    {"GB", 1'000'000'000},
    {"MB", 1'000'000},
    {"KB", 1'000},
    {"B", 1},
}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "12" or "1.5", taken from the front of a text.
struct Number {
  int64_t whole = 0;
  int64_t fraction = 0;  // of `scale`
  int64_t scale = 1;     // a power of ten; 1 when there is no fraction
  bool too_large = false;
};

// Empty when the text does not begin with a number.
std::optional<Number> take_number(std::string_view& text) {
  Number number;
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  while (!text.empty() && is_digit(text.front())) {
    if (__builtin_mul_overflow(number.whole, 10, &number.whole) ||
        __builtin_add_overflow(number.whole, text.front() - '0', &number.whole)) {
      number.too_large = true;
      number.whole = 0;
    }
    text.remove_prefix(1);
  }
  if (text.size() < 2 || text[0] != '.' || !is_digit(text[1])) return number;
  text.remove_prefix(1);
  while (!text.empty() && is_digit(text.front())) {
    if (number.scale > std::numeric_limits<int64_t>::max() / 100) return std::nullopt;
    number.scale *= 10;
    number.fraction = number.fraction * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  return number;
}

enum class Fit { kOk, kTooLarge, kTooFine };

// Adds number * factor to `sum`.
Fit add(const Number& number, int64_t factor, int64_t& sum) {
  // fraction / scale * factor, exactly and without overflow: both divided by what they share.
  const int64_t shared = std::gcd(factor, number.scale);
  const int64_t scale = number.scale / shared;
  if (number.fraction % scale != 0) return Fit::kTooFine;
  const int64_t part = number.fraction / scale * (factor / shared);
  int64_t whole = 0;
  if (number.too_large || __builtin_mul_overflow(number.whole, factor, &whole) ||
      __builtin_add_overflow(whole, part, &whole) || __builtin_add_overflow(sum, whole, &sum)) {
    return Fit::kTooLarge;
  }
  return Fit::kOk;
}

template <size_t n>
const Unit* take_unit(const std::array<Unit, n>& units, std::string_view& text) {
  size_t length = 0;
  while (length < text.size() && !is_digit(text[length]) && text[length] != '.') ++length;
  for (const Unit& unit : units) {
    if (text.substr(0, length) == unit.name) {
      text.remove_prefix(length);
      return &unit;
    }
  }
  return nullptr;
}

Status not_a_duration(std::string_view text, std::string_view why = {}) {
  std::string message = json_string(text) + " is not a duration";
  if (why.empty()) {
    message += ": write numbers with units (us ms s m h d), such as \"250ms\", \"10s\", \"2h30m\"";
  } else {
    message += ": " + std::string(why);
  }
  return Status::usage(message);
}

Status not_a_size(std::string_view text, std::string_view why = {}) {
  std::string message = json_string(text) + " is not a size";
  if (why.empty()) {
    message +=
        ": write a number and a unit (B KB MB GB TB KiB MiB GiB TiB), such as \"64KiB\", \"10MB\"";
  } else {
    message += ": " + std::string(why);
  }
  return Status::usage(message);
}

}  // namespace

Result<int64_t> parse_duration(std::string_view text) {
  std::string_view rest = text;
  int64_t us = 0;
  int64_t last_factor = std::numeric_limits<int64_t>::max();
  bool had_fraction = false;
  do {
    if (had_fraction) return not_a_duration(text, "only the last number may have a fraction");
    const std::optional<Number> number = take_number(rest);
    if (!number) return not_a_duration(text);
    had_fraction = number->scale != 1;
    const Unit* unit = take_unit(kDurations, rest);
    if (unit == nullptr) return not_a_duration(text);
    if (unit->factor >= last_factor) {
      return not_a_duration(text, "larger units come first, and each once");
    }
    last_factor = unit->factor;
    switch (add(*number, unit->factor, us)) {
      case Fit::kOk: break;
      case Fit::kTooLarge: return not_a_duration(text, "it is too long");
      case Fit::kTooFine: return not_a_duration(text, "it is finer than a microsecond");
    }
  } while (!rest.empty());
  return us;
}

Result<int64_t> parse_size(std::string_view text) {
  std::string_view rest = text;
  const std::optional<Number> number = take_number(rest);
  if (!number) return not_a_size(text);
  int64_t factor = 1;
  if (!rest.empty()) {
    const Unit* unit = take_unit(kSizes, rest);
    if (unit == nullptr || !rest.empty()) return not_a_size(text);
    factor = unit->factor;
  }
  int64_t bytes = 0;
  switch (add(*number, factor, bytes)) {
    case Fit::kOk: return bytes;
    case Fit::kTooLarge: return not_a_size(text, "it is too large");
    case Fit::kTooFine: return not_a_size(text, "it is no whole number of bytes");
  }
  return not_a_size(text);
}

std::string format_duration(int64_t us) {
  if (us == 0) return "0s";
  std::string out;
  // Unsigned, because the least int64_t has no positive counterpart.
  uint64_t rest = us < 0 ? uint64_t{0} - static_cast<uint64_t>(us) : static_cast<uint64_t>(us);
  if (us < 0) out += '-';
  for (const Unit& unit : kDurations) {
    const auto factor = static_cast<uint64_t>(unit.factor);
    if (rest < factor) continue;
    out += std::to_string(rest / factor);
    rest %= factor;
    const bool fraction = unit.name == "s" || unit.name == "ms";
    if (fraction && rest != 0) {
      std::string digits = std::to_string(factor + rest).substr(1);  // with leading zeros
      while (digits.back() == '0') digits.pop_back();
      out += "." + digits;
      rest = 0;
    }
    out += unit.name;
    if (rest == 0) break;
  }
  return out;
}

std::string format_size(int64_t bytes) {
  std::string best = std::to_string(bytes) + "B";
  if (bytes == 0) return best;
  for (const Unit& unit : kSizes) {
    if (bytes % unit.factor != 0) continue;
    std::string text = std::to_string(bytes / unit.factor) + std::string(unit.name);
    if (text.size() < best.size()) best = std::move(text);
  }
  return best;
}

}  // namespace streamhost
