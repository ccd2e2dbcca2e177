// parse_time and format_time of units.h.
#include <optional>

#include "base/calendar.h"
#include "base/json_text.h"
#include "base/units.h"

namespace streamhost {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kDay = 86'400 * kSecond;

Status not_a_time(std::string_view text, std::string_view why) {
  return Status::usage(json_string(text) + " is not a time: " + std::string(why));
}

// Reads fixed-width fields from the front of a text.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  // `width` decimal digits; empty when they are not there.
  std::optional<unsigned> digits(size_t width) {
    if (rest_.size() < width) return std::nullopt;
    unsigned value = 0;
    for (size_t i = 0; i < width; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return std::nullopt;
      value = value * 10 + static_cast<unsigned>(rest_[i] - '0');
    }
    rest_.remove_prefix(width);
    return value;
  }

  // Takes one of these characters; 0 when another or none comes next.
  char one_of(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return 0;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// Microseconds of ".25"; 0 without a fraction; empty when no digit follows the point.
std::optional<int64_t> take_fraction(Fields& fields) {
  if (fields.one_of(".") == 0) return 0;
  int64_t us = 0;
  int64_t place = kSecond;
  bool any = false;
  while (const std::optional<unsigned> digit = fields.digits(1)) {
    any = true;
    place /= 10;
    us += place * static_cast<int64_t>(*digit);
  }
  if (!any) return std::nullopt;
  return us;
}

void append_padded(std::string& out, int64_t value, size_t width) {
  const std::string digits = std::to_string(value);
  out.append(width > digits.size() ? width - digits.size() : 0, '0');
  out += digits;
}

}  // namespace

Result<int64_t> parse_time(std::string_view text) {
  constexpr std::string_view kForm = "write it as \"2024-05-01T10:00:00Z\" or with an offset";
  Fields fields(text);
  const auto year = fields.digits(4);
  if (!year || !fields.one_of("-")) return not_a_time(text, kForm);
  const auto month = fields.digits(2);
  if (!month || !fields.one_of("-")) return not_a_time(text, kForm);
  const auto day = fields.digits(2);
  if (!day || !fields.one_of("Tt ")) return not_a_time(text, kForm);
  const auto hour = fields.digits(2);
  if (!hour || !fields.one_of(":")) return not_a_time(text, kForm);
  const auto minute = fields.digits(2);
  if (!minute || !fields.one_of(":")) return not_a_time(text, kForm);
  const auto second = fields.digits(2);
  if (!second) return not_a_time(text, kForm);
  const std::optional<int64_t> fraction = take_fraction(fields);
  if (!fraction) return not_a_time(text, kForm);
  if (fields.at_end()) {
    return not_a_time(text, "it has no offset; end it with \"Z\" for UTC, or \"+02:00\"");
  }

  int64_t offset_minutes = 0;
  const char sign = fields.one_of("Zz+-");
  if (sign == '+' || sign == '-') {
    const auto hours = fields.digits(2);
    if (!hours || !fields.one_of(":")) return not_a_time(text, kForm);
    const auto minutes = fields.digits(2);
    if (!minutes) return not_a_time(text, kForm);
    if (*hours > 23 || *minutes > 59) return not_a_time(text, "there is no such offset");
    offset_minutes = static_cast<int64_t>(*hours) * 60 + *minutes;
    if (sign == '-') offset_minutes = -offset_minutes;
  }
  if (sign == 0 || !fields.at_end()) return not_a_time(text, kForm);

  if (*month < 1 || *month > 12 || *day < 1 || *day > days_in_month(*year, *month)) {
    return not_a_time(text, "there is no such day");
  }
  if (*second == 60) return not_a_time(text, "leap seconds cannot be represented");
  if (*hour > 23 || *minute > 59 || *second > 59) {
    return not_a_time(text, "there is no such time of day");
  }
  const int64_t days = days_from_civil({*year, *month, *day});
  const int64_t seconds = (*hour * 60 + *minute - offset_minutes) * 60 + *second;
  return days * kDay + seconds * kSecond + *fraction;
}

std::string format_time(int64_t us) {
  int64_t days = us / kDay;
  int64_t rest = us % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  const CivilDate date = civil_from_days(days);
  if (date.year < 0 || date.year > 9999) return std::to_string(us) + "us";
  std::string out;
  append_padded(out, date.year, 4);
  out += '-';
  append_padded(out, date.month, 2);
  out += '-';
  append_padded(out, date.day, 2);
  out += 'T';
  append_padded(out, rest / (3600 * kSecond), 2);
  out += ':';
  append_padded(out, rest / (60 * kSecond) % 60, 2);
  out += ':';
  append_padded(out, rest / kSecond % 60, 2);
  if (rest % kSecond != 0) {
    out += '.';
    append_padded(out, rest % kSecond, 6);
    while (out.back() == '0') out.pop_back();
  }
  return out + "Z";
}

}  // namespace streamhost
