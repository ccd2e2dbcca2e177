#include "time_format.h"

#include <streamhost/sdk.hpp>

#include <array>
#include <charconv>
#include <cmath>

namespace streamhost::json {
namespace {

constexpr int64_t kSecond = 1'000'000;

bool digit(char c) { return c >= '0' && c <= '9'; }

// Takes 1 to `most` digits off the front; at least `least`.
bool take_number(std::string_view& text, size_t least, size_t most, int64_t& value) {
  size_t n = 0;
  value = 0;
  while (n < most && n < text.size() && digit(text[n])) value = value * 10 + (text[n++] - '0');
  if (n < least) return false;
  text.remove_prefix(n);
  return true;
}

bool take_char(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

// The digits of a fraction of a second, in microseconds; those beyond the sixth are dropped.
bool take_fraction(std::string_view& text, int64_t& us) {
  size_t n = 0;
  us = 0;
  int64_t unit = 100'000;
  for (; n < text.size() && digit(text[n]); ++n, unit /= 10) us += (text[n] - '0') * unit;
  text.remove_prefix(n);
  return n > 0;
}

// "Z", "+02:00", "-0130": seconds east of Greenwich.
bool take_offset(std::string_view& text, int64_t& seconds) {
  seconds = 0;
  if (take_char(text, 'Z') || take_char(text, 'z')) return true;
  const bool west = take_char(text, '-');
  if (!west && !take_char(text, '+')) return false;
  int64_t hours = 0, minutes = 0;
  if (!take_number(text, 2, 2, hours)) return false;
  take_char(text, ':');
  if (!take_number(text, 2, 2, minutes) || hours > 23 || minutes > 59) return false;
  seconds = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
  return true;
}

struct Civil {
  int64_t year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  int64_t us = 0, offset = 0;

  bool valid() const {
    constexpr std::array<int, 13> kDays{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1) return false;
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    const int days = kDays[static_cast<size_t>(month)] + (leap && month == 2 ? 1 : 0);
    return day <= days && hour <= 23 && minute <= 59 && second <= 60;
  }
  // Days by the algorithm of Howard Hinnant, for the proleptic Gregorian calendar.
  int64_t to_us() const {
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era = (y >= 0 ? y : y - 399) / 400;
    const int64_t of_era = y - era * 400;
    const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    return (days * 86400 + hour * 3600 + minute * 60 + second - offset) * kSecond + us;
  }
};

int64_t two(const char* p) { return (p[0] - '0') * 10 + (p[1] - '0'); }

// "1714550400", "1714550400.25", "1.7e9", in units of `unit` microseconds.
std::optional<int64_t> parse_unix(std::string_view text, int64_t unit) {
  int64_t whole = 0;
  const char* const end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, whole);
  if (error != std::errc()) return std::nullopt;
  int64_t result = 0;
  if (__builtin_mul_overflow(whole, unit, &result)) return std::nullopt;
  if (at == end) return result;
  std::string_view rest(at, static_cast<size_t>(end - at));
  int64_t millionths = 0;
  if (take_char(rest, '.') && take_fraction(rest, millionths) && rest.empty()) {
    const int64_t part = millionths * unit / kSecond;
    return result + (text[0] == '-' ? -part : part);
  }
  double value = 0;
  const auto scientific = std::from_chars(text.data(), end, value);
  if (scientific.ec != std::errc() || scientific.ptr != end) return std::nullopt;
  value *= static_cast<double>(unit);
  if (!(std::fabs(value) < 9.2e18)) return std::nullopt;
  return std::llround(value);
}

// Seconds up to the year 5138, then milliseconds up to the same, then microseconds.
int64_t unit_by_size(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  value = std::fabs(value);
  return value < 1e11 ? kSecond : value < 1e14 ? 1000 : 1;
}

bool take_month(std::string_view& text, int64_t& month) {
  constexpr std::string_view kNames = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (text.size() < 3) return false;
  std::string name(text.substr(0, 3));
  for (char& c : name) c = static_cast<char>(c | 0x20);
  for (size_t m = 0; m < 12; ++m) {
    if (kNames.substr(3 * m, 3) != name) continue;
    month = static_cast<int64_t>(m) + 1;
    text.remove_prefix(3);
    return true;
  }
  return false;
}

bool blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

std::optional<int64_t> parse_rfc3339(std::string_view text) {
  // 2024-05-01T10:00:00Z
  if (text.size() < 20) return std::nullopt;
  const char* p = text.data();
  for (const size_t i : {0u, 1u, 2u, 3u, 5u, 6u, 8u, 9u, 11u, 12u, 14u, 15u, 17u, 18u}) {
    if (!digit(p[i])) return std::nullopt;
  }
  if (p[4] != '-' || p[7] != '-' || p[13] != ':' || p[16] != ':' ||
      (p[10] != 'T' && p[10] != 't' && p[10] != ' ')) {
    return std::nullopt;
  }
  Civil c;
  c.year = two(p) * 100 + two(p + 2);
  c.month = two(p + 5);
  c.day = two(p + 8);
  c.hour = two(p + 11);
  c.minute = two(p + 14);
  c.second = two(p + 17);
  text.remove_prefix(19);
  if (text[0] == '.') {
    text.remove_prefix(1);
    if (!take_fraction(text, c.us)) return std::nullopt;
  }
  if (!take_offset(text, c.offset) || !text.empty() || !c.valid()) return std::nullopt;
  return c.to_us();
}

TimeFormat::TimeFormat(const std::string& name) : name_(name) {
  constexpr std::string_view kConversions = "YymbdeHMSfzFTs%";
  if (name == "auto") {
    kind_ = Kind::kAuto;
  } else if (name == "rfc3339") {
    kind_ = Kind::kRfc3339;
  } else if (name == "unix") {
    kind_ = Kind::kUnix;
  } else if (name == "unix_ms") {
    kind_ = Kind::kUnixMs;
  } else if (name == "unix_us") {
    kind_ = Kind::kUnixUs;
  } else if (name.find('%') == std::string::npos) {
    throw config_error("option \"time_format\": \"" + name +
                       "\" is no format; use auto, rfc3339, unix, unix_ms, unix_us or a pattern "
                       "such as \"%Y-%m-%d %H:%M:%S\"");
  } else {
    kind_ = Kind::kPattern;
  }
  if (kind_ != Kind::kPattern) return;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '%') {
      items_.push_back({0, name[i]});
      continue;
    }
    const char c = ++i < name.size() ? name[i] : '\0';
    if (c == '\0' || kConversions.find(c) == std::string_view::npos) {
      throw config_error("option \"time_format\": unknown conversion \"%" +
                         std::string(c == '\0' ? 0 : 1, c) + "\" in \"" + name +
                         "\"; there are %Y %y %m %b %d %e %H %M %S %f %z %F %T %s %%");
    }
    if (c == 'F') {
      for (const char part : {'Y', '-', 'm', '-', 'd'}) {
        items_.push_back(part == '-' ? Item{0, '-'} : Item{part, 0});
      }
    } else if (c == 'T') {
      for (const char part : {'H', ':', 'M', ':', 'S'}) {
        items_.push_back(part == ':' ? Item{0, ':'} : Item{part, 0});
      }
    } else if (c == '%') {
      items_.push_back({0, '%'});
    } else {
      items_.push_back({c, 0});
    }
  }
}

std::optional<int64_t> TimeFormat::parse_pattern(std::string_view text) const {
  Civil c;
  std::optional<int64_t> since_epoch;
  for (const Item& item : items_) {
    bool good = true;
    int64_t n = 0;
    switch (item.conversion) {
      case 0:
        if (blank(item.literal)) {
          while (!text.empty() && blank(text[0])) text.remove_prefix(1);
        } else {
          good = take_char(text, item.literal);
        }
        break;
      case 'Y': good = take_number(text, 4, 4, c.year); break;
      case 'y':
        good = take_number(text, 2, 2, n);
        c.year = n < 69 ? 2000 + n : 1900 + n;
        break;
      case 'm': good = take_number(text, 1, 2, c.month); break;
      case 'b': good = take_month(text, c.month); break;
      case 'e':
        take_char(text, ' ');
        good = take_number(text, 1, 2, c.day);
        break;
      case 'd': good = take_number(text, 1, 2, c.day); break;
      case 'H': good = take_number(text, 1, 2, c.hour); break;
      case 'M': good = take_number(text, 1, 2, c.minute); break;
      case 'S': good = take_number(text, 1, 2, c.second); break;
      case 'f': good = take_fraction(text, c.us); break;
      case 'z': good = take_offset(text, c.offset); break;
      default: {  // 's'
        const bool negative = take_char(text, '-');
        good = take_number(text, 1, 12, n);
        since_epoch = (negative ? -n : n) * kSecond;
      }
    }
    if (!good) return std::nullopt;
  }
  if (!text.empty() || !c.valid()) return std::nullopt;
  return since_epoch ? *since_epoch + c.us : c.to_us();
}

std::optional<int64_t> TimeFormat::parse(std::string_view text, bool quoted) const {
  switch (kind_) {
    case Kind::kAuto: return quoted ? parse_rfc3339(text) : parse_unix(text, unit_by_size(text));
    case Kind::kRfc3339: return quoted ? parse_rfc3339(text) : std::nullopt;
    case Kind::kUnix: return parse_unix(text, kSecond);
    case Kind::kUnixMs: return parse_unix(text, 1000);
    case Kind::kUnixUs: return parse_unix(text, 1);
    default: return parse_pattern(text);
  }
}

std::string TimeFormat::describe() const {
  switch (kind_) {
    case Kind::kAuto: return "an RFC 3339 time or a Unix time";
    case Kind::kRfc3339: return "an RFC 3339 time such as \"2024-05-01T10:00:00Z\"";
    case Kind::kUnix: return "a Unix time in seconds";
    case Kind::kUnixMs: return "a Unix time in milliseconds";
    case Kind::kUnixUs: return "a Unix time in microseconds";
    default: return "a time written as \"" + name_ + "\"";
  }
}

}  // namespace streamhost::json
