#include "logical.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace streamhost::avro {
namespace {

constexpr int64_t kDay = 86'400;
constexpr int64_t kFirstDay = -719'162;  // 0001-01-01
constexpr int64_t kLastDay = 2'932'896;  // 9999-12-31

struct Civil {
  int64_t year;
  uint32_t month, day;
};

// Howard Hinnant's algorithms for the Gregorian calendar, days from 1970-01-01.
Civil civil_of(int64_t days) {
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int64_t doe = days - era * 146'097;
  const int64_t yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int64_t mp = (5 * doy + 2) / 153;
  const auto month = static_cast<uint32_t>(mp < 10 ? mp + 3 : mp - 9);
  return {yoe + era * 400 + (month <= 2 ? 1 : 0), month,
          static_cast<uint32_t>(doy - (153 * mp + 2) / 5 + 1)};
}

int64_t days_of(Civil c) {
  const int64_t year = c.year - (c.month <= 2 ? 1 : 0);
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t yoe = year - era * 400;
  const int64_t doy = (153 * (c.month > 2 ? c.month - 3 : c.month + 9) + 2) / 5 + c.day - 1;
  return era * 146'097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719'468;
}

char* put(char* to, int64_t number, int digits) {
  for (int i = digits; i-- > 0; number /= 10) to[i] = static_cast<char>('0' + number % 10);
  return to + digits;
}

char* put_date(char* to, int64_t days) {
  const Civil c = civil_of(days);
  to = put(to, c.year, 4);
  *to++ = '-';
  to = put(to, c.month, 2);
  *to++ = '-';
  return put(to, c.day, 2);
}

// A time of day in units of which `per_second` make a second, as many decimals as that has zeros.
char* put_time(char* to, int64_t time, int64_t per_second) {
  const int64_t seconds = time / per_second;
  to = put(to, seconds / 3600, 2);
  *to++ = ':';
  to = put(to, seconds / 60 % 60, 2);
  *to++ = ':';
  to = put(to, seconds % 60, 2);
  *to++ = '.';
  return put(to, time % per_second, per_second == 1000 ? 3 : 6);
}

int64_t units(Logical logical) {
  switch (logical) {
    case Logical::kTimeMillis:
    case Logical::kTimestampMillis:
    case Logical::kLocalTimestampMillis: return 1000;
    default: return 1'000'000;
  }
}

bool is_local(Logical logical) {
  return logical == Logical::kLocalTimestampMillis || logical == Logical::kLocalTimestampMicros;
}

// Reads a text from its front.
struct Reader {
  std::string_view text;

  bool take(char c) {
    if (text.empty() || text[0] != c) return false;
    text.remove_prefix(1);
    return true;
  }
  std::optional<int64_t> digits(size_t count) {
    if (text.size() < count) return std::nullopt;
    int64_t value = 0;
    for (size_t i = 0; i < count; ++i) {
      if (text[i] < '0' || text[i] > '9') return std::nullopt;
      value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return value;
  }
  std::optional<int64_t> date() {
    const auto year = digits(4);
    if (!year || !take('-')) return std::nullopt;
    const auto month = digits(2);
    if (!month || !take('-')) return std::nullopt;
    const auto day = digits(2);
    if (!day || *month < 1 || *month > 12 || *day < 1 || *year < 1) return std::nullopt;
    const Civil civil{*year, static_cast<uint32_t>(*month), static_cast<uint32_t>(*day)};
    const int64_t days = days_of(civil);
    // A day that the month does not have comes out as another one.
    if (civil_of(days).month != civil.month) return std::nullopt;
    return days;
  }
  std::optional<int64_t> time(int64_t per_second) {
    const auto hour = digits(2);
    if (!hour || !take(':')) return std::nullopt;
    const auto minute = digits(2);
    if (!minute || !take(':')) return std::nullopt;
    const auto second = digits(2);
    if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    int64_t value = (*hour * 3600 + *minute * 60 + *second) * per_second;
    if (!take('.')) return value;
    int64_t unit = per_second / 10;
    if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
      if (unit == 0 && text[0] != '0') return std::nullopt;
      value += (text[0] - '0') * unit;
      unit /= 10;
      text.remove_prefix(1);
    }
    return value;
  }
  // Seconds east of Greenwich.
  std::optional<int64_t> offset() {
    if (take('Z') || take('z')) return 0;
    const int64_t sign = take('-') ? -1 : 1;
    if (sign == 1 && !take('+')) return std::nullopt;
    const auto hours = digits(2);
    take(':');
    const auto minutes = digits(2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    return sign * (*hours * 3600 + *minutes * 60);
  }
};

}  // namespace

char* write_time(char* to, Logical logical, int64_t value) {
  if (logical == Logical::kDate) {
    return value < kFirstDay || value > kLastDay ? nullptr : put_date(to, value);
  }
  const int64_t unit = units(logical), day = kDay * unit;
  if (logical == Logical::kTimeMillis || logical == Logical::kTimeMicros) {
    return value < 0 || value >= day ? nullptr : put_time(to, value, unit);
  }
  int64_t days = value / day, rest = value % day;
  if (rest < 0) {
    rest += day;
    --days;
  }
  if (days < kFirstDay || days > kLastDay) return nullptr;
  to = put_date(to, days);
  *to++ = 'T';
  to = put_time(to, rest, unit);
  if (!is_local(logical)) *to++ = 'Z';
  return to;
}

std::optional<int64_t> read_time(std::string_view text, Logical logical) {
  Reader in{text};
  const int64_t unit = units(logical);
  std::optional<int64_t> value;
  if (logical == Logical::kDate) {
    value = in.date();
  } else if (logical == Logical::kTimeMillis || logical == Logical::kTimeMicros) {
    value = in.time(unit);
  } else {
    const auto days = in.date();
    if (!days || !(in.take('T') || in.take('t') || in.take(' '))) return std::nullopt;
    const auto time = in.time(unit);
    const auto offset = is_local(logical) ? std::optional<int64_t>(0) : in.offset();
    if (!time || !offset) return std::nullopt;
    value = (*days * kDay - *offset) * unit + *time;
  }
  if (!in.text.empty()) return std::nullopt;
  return value;
}

bool append_decimal(std::string& to, std::string_view bytes, uint32_t precision, uint32_t scale) {
  const bool negative = !bytes.empty() && (bytes[0] & 0x80) != 0;
  const char sign = negative ? '\xff' : '\0';
  while (!bytes.empty() && bytes[0] == sign) bytes.remove_prefix(1);
  if (bytes.size() > precision / 2 + 1) return false;  // a digit has less than 4 bits
  // The magnitude, in 32-bit words from the big end.
  std::vector<uint32_t> words((bytes.size() + 3) / 4 + 1);
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<uint8_t>(bytes[bytes.size() - 1 - i] ^ sign);
    words[words.size() - 1 - i / 4] |= uint32_t{byte} << (8 * (i % 4));
  }
  if (negative) {
    for (size_t i = words.size(); i-- > 0 && ++words[i] == 0;) {
    }
  }
  std::string digits;  // the last comes first
  for (size_t first = 0; first < words.size();) {
    if (words[first] == 0) {
      ++first;
      continue;
    }
    uint64_t rest = 0;
    for (size_t i = first; i < words.size(); ++i) {
      rest = rest << 32 | words[i];
      words[i] = static_cast<uint32_t>(rest / 1'000'000'000);
      rest %= 1'000'000'000;
    }
    for (int i = 0; i < 9; ++i, rest /= 10) digits += static_cast<char>('0' + rest % 10);
  }
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  if (digits.size() > precision) return false;
  while (digits.size() < scale + 1) digits += '0';
  if (negative) to += '-';
  to.append(digits.rbegin(), digits.rend() - scale);
  if (scale != 0) {
    to += '.';
    to.append(digits.rend() - scale, digits.rend());
  }
  return true;
}

std::optional<std::string> decimal_bytes(std::string_view text, uint32_t precision, uint32_t scale,
                                         const char** problem) {
  *problem = "is no decimal number";
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  std::string digits;
  int64_t exponent = 0;  // digits * 10^exponent
  bool any = false, point = false;
  size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (point) --exponent;
      if (!digits.empty() || c != '0') digits += c;
    } else {
      break;
    }
  }
  if (!any) return std::nullopt;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    if (++i < text.size() && text[i] == '+') ++i;
    int32_t given = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), given);
    if (error != std::errc()) return std::nullopt;
    i = static_cast<size_t>(end - text.data());
    exponent += given;
  }
  if (i != text.size()) return std::nullopt;
  // Now to digits * 10^-scale.
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  int64_t zeros = exponent + scale;
  if (digits.empty()) zeros = 0;
  *problem = "has more decimals than the scale of its type";
  if (zeros < 0) return std::nullopt;
  *problem = "has more digits than the precision of its type";
  if (static_cast<uint64_t>(zeros) + digits.size() > precision) return std::nullopt;
  digits.append(static_cast<size_t>(zeros), '0');

  std::string bytes;  // the last comes first
  for (const char c : digits) {
    uint32_t carry = static_cast<uint32_t>(c - '0');
    for (char& b : bytes) {
      carry += static_cast<uint8_t>(b) * 10u;
      b = static_cast<char>(carry);
      carry >>= 8;
    }
    if (carry != 0) bytes += static_cast<char>(carry);
  }
  if (bytes.empty()) bytes += '\0';
  if (negative) {
    uint32_t carry = 1;
    for (char& b : bytes) {
      carry += static_cast<uint8_t>(~b);
      b = static_cast<char>(carry);
      carry >>= 8;
    }
  }
  // The sign bit must say the sign.
  const bool is_zero = digits.empty();
  if (((bytes.back() & 0x80) != 0) != (negative && !is_zero))
    bytes += negative && !is_zero ? '\xff' : '\0';
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

}  // namespace streamhost::avro
