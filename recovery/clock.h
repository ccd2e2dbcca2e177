// The time of day, as epochs and executions note it.
#pragma once

#include <chrono>
#include <cstdint>

namespace streamhost::recovery {

// Microseconds since the Unix epoch.
inline int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace streamhost::recovery
