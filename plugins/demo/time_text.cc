#include "time_text.h"

#include <cstring>

#include "digits.h"

namespace streamhost::demo {
namespace {

void two_digits(int64_t value, char* to) {
  to[0] = static_cast<char>('0' + value / 10);
  to[1] = static_cast<char>('0' + value % 10);
}

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

// Year, month and day by the algorithm of Howard Hinnant.
void TimeText::set_second(int64_t second) {
  second_ = second;
  const int64_t day = floor_div(second, 86400);
  const int64_t of_day = second - day * 86400;
  const int64_t shifted = day + 719468;
  const int64_t era = floor_div(shifted, 146097);
  const int64_t of_era = shifted - era * 146097;
  const int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * of_year + 2) / 153;
  const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  std::memcpy(text_, "0000-00-00T00:00:00", 19);
  two_digits(year / 100 % 100, text_);
  two_digits(year % 100, text_ + 2);
  two_digits(month, text_ + 5);
  two_digits(of_year - (153 * month_from_march + 2) / 5 + 1, text_ + 8);
  two_digits(of_day / 3600, text_ + 11);
  two_digits(of_day / 60 % 60, text_ + 14);
  two_digits(of_day % 60, text_ + 17);
}

char* TimeText::write(int64_t time_us, bool always_fraction, char* to) {
  const int64_t second = floor_div(time_us, 1'000'000);
  if (second != second_) set_second(second);
  std::memcpy(to, text_, 19);
  to += 19;
  const auto fraction = static_cast<uint32_t>(time_us - second * 1'000'000);
  if (fraction != 0 || always_fraction) {
    char digits[8];
    write_eight_digits(fraction, digits);
    *to++ = '.';
    std::memcpy(to, digits + 2, 6);
    to += 6;
  }
  *to++ = 'Z';
  return to;
}

}  // namespace streamhost::demo
