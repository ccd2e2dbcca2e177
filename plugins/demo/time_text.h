// Event times as RFC 3339 text.
#pragma once

#include <cstddef>
#include <cstdint>

namespace streamhost::demo {

// Remembers the second it wrote last, for times mostly follow each other closely. Years 0 to 9999.
class TimeText {
 public:
  static constexpr size_t kMaxSize = 27;

  // Writes "2024-05-01T10:00:00Z", or "2024-05-01T10:00:00.000100Z" when there is a fraction or
  // `always_fraction`. `time_us`: since the Unix epoch. Returns the end of the text.
  char* write(int64_t time_us, bool always_fraction, char* to);

 private:
  void set_second(int64_t second);

  int64_t second_ = INT64_MIN;
  char text_[19];
};

}  // namespace streamhost::demo
