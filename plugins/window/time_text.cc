#include "time_text.h"

namespace streamhost::window {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kDay = 86'400 * kSecond;

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// The last `kCount` digits.
template <int kCount>
char* put_digits(char* to, uint32_t value) {
  for (int i = kCount; i-- > 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
  return to + kCount;
}

}  // namespace

// Year, month and day by the algorithm of Howard Hinnant.
void TimeText::set_day(int64_t day) {
  day_ = day;
  const int64_t shifted = day + 719468;
  const int64_t era = floor_div(shifted, 146097);
  const int64_t of_era = shifted - era * 146097;
  const int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * of_year + 2) / 153;
  const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  char text[16];
  char* at = text;
  if (year >= 0 && year <= 9999) {
    at = put_digits<4>(at, static_cast<uint32_t>(year));
  } else {
    *at++ = year < 0 ? '-' : '+';
    at = put_digits<6>(at, static_cast<uint32_t>(year < 0 ? -year : year));
  }
  *at++ = '-';
  at = put_digits<2>(at, static_cast<uint32_t>(month));
  *at++ = '-';
  at = put_digits<2>(at, static_cast<uint32_t>(of_year - (153 * month_from_march + 2) / 5 + 1));
  *at++ = 'T';
  text_.assign(text, at);
}

void TimeText::append(std::string& to, int64_t us) {
  const int64_t day = floor_div(us, kDay);
  if (day != day_) set_day(day);
  const int64_t of_day = us - day * kDay;
  const auto second = static_cast<uint32_t>(of_day / kSecond);
  const auto fraction = static_cast<uint32_t>(of_day % kSecond);
  char text[16];
  char* at = put_digits<2>(text, second / 3600);
  *at++ = ':';
  at = put_digits<2>(at, second / 60 % 60);
  *at++ = ':';
  at = put_digits<2>(at, second % 60);
  if (fraction != 0) {
    *at++ = '.';
    at = put_digits<6>(at, fraction);
  }
  *at++ = 'Z';
  to += text_;
  to.append(text, at);
}

}  // namespace streamhost::window
