#include "well_known.h"

#include <charconv>
#include <chrono>

namespace streamhost::protobuf {
namespace {

constexpr int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr int64_t kLastSecond = 253'402'300'799;   // 9999-12-31T23:59:59Z
constexpr int64_t kLongest = 315'576'000'000;      // seconds of 10,000 years
constexpr int32_t kSecond = 1'000'000'000;         // nanos

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Writes `number`, which is not negative, with this many digits.
char* put_digits(char* to, int number, int digits) {
  for (int i = digits - 1; i >= 0; --i, number /= 10) to[i] = static_cast<char>('0' + number % 10);
  return to + digits;
}

// Writes nothing, or a point and as many threes of digits as it takes.
char* put_fraction(char* to, int32_t nanos) {
  if (nanos == 0) return to;
  *to++ = '.';
  if (nanos % 1'000'000 == 0) return put_digits(to, nanos / 1'000'000, 3);
  if (nanos % 1000 == 0) return put_digits(to, nanos / 1000, 6);
  return put_digits(to, nanos, 9);
}

// Takes "." and 1 to 9 digits off the front of `text`, if there is a point. False: it is wrong.
bool take_fraction(std::string_view& text, int32_t& nanos) {
  nanos = 0;
  if (text.empty() || text[0] != '.') return true;
  text.remove_prefix(1);
  int32_t unit = kSecond;
  while (!text.empty() && is_digit(text[0])) {
    if (unit == 1) return false;
    unit /= 10;
    nanos += (text[0] - '0') * unit;
    text.remove_prefix(1);
  }
  return unit != kSecond;
}

// Takes exactly `digits` digits off the front of `text`.
bool take_number(std::string_view& text, size_t digits, int& number) {
  if (text.size() < digits) return false;
  number = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (!is_digit(text[i])) return false;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

// Takes "Z" or "+hh:mm"; the offset in seconds.
bool take_zone(std::string_view& text, int64_t& offset) {
  offset = 0;
  if (take(text, 'Z')) return true;
  const bool west = !text.empty() && text[0] == '-';
  int hours = 0, minutes = 0;
  if (!west && (text.empty() || text[0] != '+')) return false;
  text.remove_prefix(1);
  if (!take_number(text, 2, hours) || !take(text, ':') || !take_number(text, 2, minutes) ||
      hours > 23 || minutes > 59) {
    return false;
  }
  offset = (hours * 60 + minutes) * (west ? -60 : 60);
  return true;
}

}  // namespace

std::optional<TimeText> timestamp_text(SecondsAndNanos time) {
  if (time.seconds < kFirstSecond || time.seconds > kLastSecond || time.nanos < 0 ||
      time.nanos >= kSecond) {
    return std::nullopt;
  }
  const std::chrono::sys_seconds at{std::chrono::seconds(time.seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(at - day);
  TimeText text;
  char* to = put_digits(text.bytes, static_cast<int>(date.year()), 4);
  const auto put = [&](char before, int number) {
    *to++ = before;
    to = put_digits(to, number, 2);
  };
  put('-', static_cast<int>(static_cast<unsigned>(date.month())));
  put('-', static_cast<int>(static_cast<unsigned>(date.day())));
  put('T', static_cast<int>(clock.hours().count()));
  put(':', static_cast<int>(clock.minutes().count()));
  put(':', static_cast<int>(clock.seconds().count()));
  to = put_fraction(to, time.nanos);
  *to++ = 'Z';
  text.size = static_cast<size_t>(to - text.bytes);
  return text;
}

std::optional<SecondsAndNanos> parse_timestamp(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  SecondsAndNanos time;
  int64_t offset = 0;
  const bool read = take_number(text, 4, year) && take(text, '-') && take_number(text, 2, month) &&
                    take(text, '-') && take_number(text, 2, day) && take(text, 'T') &&
                    take_number(text, 2, hour) && take(text, ':') && take_number(text, 2, minute) &&
                    take(text, ':') && take_number(text, 2, second) &&
                    take_fraction(text, time.nanos) && take_zone(text, offset) && text.empty();
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!read || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  time.seconds = std::chrono::seconds(days).count() + hour * 3600 + minute * 60 + second - offset;
  if (time.seconds < kFirstSecond || time.seconds > kLastSecond) return std::nullopt;
  return time;
}

std::optional<TimeText> duration_text(SecondsAndNanos duration) {
  const auto [seconds, nanos] = duration;
  if (seconds < -kLongest || seconds > kLongest || nanos <= -kSecond || nanos >= kSecond ||
      (seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0)) {
    return std::nullopt;
  }
  const bool negative = seconds < 0 || nanos < 0;
  TimeText text;
  char* to = text.bytes;
  if (negative) *to++ = '-';
  to = std::to_chars(to, text.bytes + sizeof text.bytes, negative ? -seconds : seconds).ptr;
  to = put_fraction(to, negative ? -nanos : nanos);
  *to++ = 's';
  text.size = static_cast<size_t>(to - text.bytes);
  return text;
}

std::optional<SecondsAndNanos> parse_duration(std::string_view text) {
  const bool negative = take(text, '-');
  SecondsAndNanos d;
  if (text.empty() || !is_digit(text[0])) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), d.seconds);
  if (error != std::errc() || d.seconds > kLongest) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (!take_fraction(text, d.nanos) || text != "s") return std::nullopt;
  if (negative) {
    d.seconds = -d.seconds;
    d.nanos = -d.nanos;
  }
  return d;
}

std::optional<std::string> camel_path(std::string_view snake) {
  std::string camel;
  for (size_t i = 0; i < snake.size(); ++i) {
    const char c = snake[i];
    if (c >= 'A' && c <= 'Z') return std::nullopt;
    if (c != '_') {
      camel += c;
      continue;
    }
    if (++i == snake.size() || snake[i] < 'a' || snake[i] > 'z') return std::nullopt;
    camel += static_cast<char>(snake[i] - ('a' - 'A'));
  }
  return camel;
}

std::optional<std::string> snake_path(std::string_view camel) {
  std::string snake;
  for (const char c : camel) {
    if (c == '_') return std::nullopt;
    if (c >= 'A' && c <= 'Z') {
      snake += '_';
      snake += static_cast<char>(c + ('a' - 'A'));
    } else {
      snake += c;
    }
  }
  return snake;
}

}  // namespace streamhost::protobuf
