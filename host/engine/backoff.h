// How often and how long to wait before something that may succeed later is tried again.
#pragma once

#include <algorithm>
#include <cstdint>

namespace streamhost {

class Backoff {
 public:
  // The wait before the next try: 100 ms, doubling up to 10 s; -1 when enough was tried (about one
  // minute in all).
  int64_t next_us() {
    if (tries_ == kMostTries) return -1;
    return std::min<int64_t>(kFirst << tries_++, kLongest);
  }
  void succeeded() { tries_ = 0; }
  int tries() const { return tries_; }

 private:
  static constexpr int kMostTries = 12;
  static constexpr int64_t kFirst = 100'000;
  static constexpr int64_t kLongest = 10'000'000;
  int tries_ = 0;
};

}  // namespace streamhost
