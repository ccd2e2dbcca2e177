// Results of windows, as the host's plugin `window` words them, added up as its sink bench.digest
// does it.
#pragma once

#include <charconv>
#include <ctime>
#include <string>
#include <string_view>

#include "hash.h"
#include "output.h"

namespace bench {

class WindowRows {
 public:
  // The window of the rows that follow. With `numbered` its number counts in the sum.
  void window(int64_t number, int64_t open_us, int64_t close_us, bool numbered = true) {
    text_ = "{\"window_id\":";
    append_number(number);
    text_ += ",";
    from_ = numbered ? 0 : text_.size();
    text_ += "\"open\":\"";
    append_time(open_us);
    text_ += "\",\"close\":\"";
    append_time(close_us);
    text_ += "\",\"value\":";
    head_ = text_.size();
  }
  void count(std::string_view key, uint64_t count) {
    append_number(count);
    text_ += '}';
    ++rows_;
    sum_ += hash_of_row(key, std::string_view(text_).substr(from_));
    text_.resize(head_);
  }
  // Writes "rows sum" to a file.
  void write(const std::string& path) const {
    Output out(path);
    out.number(rows_).text(" ").number(sum_).text("\n");
    out.close();
  }

 private:
  template <class Number>
  void append_number(Number number) {
    char digits[24];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  }
  void append_digits(int64_t number, int count) {
    char digits[8];
    for (int i = count; i-- > 0; number /= 10) digits[i] = static_cast<char>('0' + number % 10);
    text_.append(digits, static_cast<size_t>(count));
  }
  // For times after 1970.
  void append_time(int64_t us) {
    static constexpr int64_t kDayUs = 86'400'000'000;
    if (us / kDayUs != day_) {
      day_ = us / kDayUs;
      const std::time_t seconds = static_cast<std::time_t>(us / 1'000'000);
      std::tm parts{};
      ::gmtime_r(&seconds, &parts);
      char date[32];
      date_.assign(date, std::strftime(date, sizeof date, "%Y-%m-%dT", &parts));
    }
    const int64_t second = us % kDayUs / 1'000'000;
    text_ += date_;
    append_digits(second / 3600, 2);
    text_ += ':';
    append_digits(second / 60 % 60, 2);
    text_ += ':';
    append_digits(second % 60, 2);
    if (us % 1'000'000 != 0) {
      text_ += '.';
      append_digits(us % 1'000'000, 6);
    }
    text_ += 'Z';
  }

  std::string text_, date_;
  int64_t day_ = -1;
  size_t from_ = 0, head_ = 0;
  uint64_t rows_ = 0, sum_ = 0;
};

}  // namespace bench
