// Times as RFC 3339 text.
#pragma once

#include <cstdint>
#include <string>

namespace streamhost::window {

// Remembers the day it wrote last, for times mostly follow each other closely.
class TimeText {
 public:
  // Appends "2024-05-01T10:00:00Z", with six digits of a fraction when it is not 0. `us`: since the
  // Unix epoch. Years outside of 0 to 9999 have a sign and six digits, "+012024-05-01T10:00:00Z".
  void append(std::string& to, int64_t us);

 private:
  void set_day(int64_t day);

  int64_t day_ = INT64_MIN;
  std::string text_;  // of the day, with the T
};

}  // namespace streamhost::window
