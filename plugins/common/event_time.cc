#include "event_time.h"

#include <utility>

namespace plugin_common {

std::string duration_text(int64_t us) {
  static constexpr std::pair<int64_t, const char*> kUnits[] = {{86'400'000'000, "d"},
                                                               {3'600'000'000, "h"},
                                                               {60'000'000, "m"},
                                                               {1'000'000, "s"},
                                                               {1000, "ms"}};
  for (const auto& [size, unit] : kUnits) {
    if (us != 0 && us % size == 0) return std::to_string(us / size) + unit;
  }
  return std::to_string(us) + "us";
}

}  // namespace plugin_common
