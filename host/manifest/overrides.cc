#include "manifest/overrides.h"

#include <sched.h>

#include <algorithm>
#include <thread>

namespace streamhost {

void apply_overrides(const Overrides& flags, const Environment& environment, Settings& settings,
                     Diagnostics& diagnostics) {
  for (const Setting& setting : all_settings()) {
    const auto set = [&](const char* name, const std::string& text) {
      const Status status = setting.set(text, settings);
      if (!status) diagnostics.error({}, std::string(name) + ": " + status.message());
    };
    const std::optional<std::string> variable = environment(setting.environment);
    if (variable && !variable->empty()) set(setting.environment, *variable);
    if (const auto& flag = flags.*setting.flag_value) set(setting.flag, *flag);
  }

  RunSettings& run = settings.run;
  if (run.workers == 0) run.workers = core_count();
  if (diagnostics.has_errors()) return;  // the addresses or the id may be among the mistakes
  if (run.addresses.empty() && run.process_id != 0) {
    diagnostics.error({}, "process_id is " + std::to_string(run.process_id) +
                              ", but no addresses are given: name those of all processes");
  } else if (!run.addresses.empty() && run.process_id >= run.addresses.size()) {
    const size_t count = run.addresses.size();
    const std::string range = count == 1 ? "there is 1 address: it must be 0"
                                         : "there are " + std::to_string(count) +
                                               " addresses: it must be from 0 to " +
                                               std::to_string(count - 1);
    diagnostics.error({}, "process_id is " + std::to_string(run.process_id) + ", but " + range);
  }
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
