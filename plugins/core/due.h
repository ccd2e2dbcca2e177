// When a wait is over.
#pragma once

#include <cstdint>

namespace streamhost::core {

// `wait_us`, which is not negative, after `from_us`; the end of time when it would be past that.
inline int64_t due_us(int64_t from_us, int64_t wait_us) {
  int64_t due = 0;
  return __builtin_add_overflow(from_us, wait_us, &due) ? INT64_MAX : due;
}

}  // namespace streamhost::core
