#include "manifest/overrides.h"

#include <sched.h>

#include <algorithm>
#include <thread>

namespace streamhost {

void apply_overrides(const Overrides& flags, const Environment& environment, Settings& settings,
                     Diagnostics& diagnostics) {
  const auto set = [&](const Setting& setting, const char* name, const std::string& text) {
    const Status status = setting.set(text, settings);
    if (!status) diagnostics.error({}, std::string(name) + ": " + status.message());
  };
  const auto variable = [&](const char* name) {
    std::optional<std::string> value = environment(name);
    if (value && value->empty()) value.reset();
    return value;
  };
  // All variables first: addresses by a flag must beat a hosts file by a variable.
  for (const Setting& setting : all_settings()) {
    if (const auto value = variable(setting.environment)) set(setting, setting.environment, *value);
  }
  for (const Setting& setting : all_settings()) {
    if (setting.flag_value == nullptr) continue;
    if (const auto& flag = flags.*setting.flag_value) set(setting, setting.flag, *flag);
  }
  if (variable("STREAMHOST_ADDRESSES") && variable("STREAMHOST_HOSTS")) {
    diagnostics.error({}, "STREAMHOST_ADDRESSES and STREAMHOST_HOSTS say the same: unset one");
  }
  if (flags.addresses && flags.hosts) {
    diagnostics.error({}, "--addresses and --hosts say the same: leave one out");
  }
  if (settings.run.workers == 0) settings.run.workers = core_count();
}

uint32_t core_count() {
  // A container or taskset may leave fewer cores than the machine has.
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (::sched_getaffinity(0, sizeof cores, &cores) == 0) {
    return static_cast<uint32_t>(std::max(1, CPU_COUNT(&cores)));
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace streamhost
