// The host's clocks. The wall clock is a function that tests replace; the steady one is for
// measuring only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace streamhost {

// Microseconds since the Unix epoch.
using WallClock = std::function<int64_t()>;

inline int64_t wall_now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

inline int64_t steady_now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace streamhost
