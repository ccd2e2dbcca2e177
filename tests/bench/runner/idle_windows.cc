#include <unistd.h>

#include <stdexcept>

#include "event_time.h"
#include "process.h"

namespace bench {

IdleWindows measure_idle_windows(const HostCommand& host, unsigned workers) {
  static constexpr double kSeconds = 5;
  const std::string manifest = host.manifest("idle_windows", R"(name = "idle_windows"
[source.lines]
use = "stdio.lines"

[operator.timed]
use = "json.extract"
from = "lines"
key = "/key"
time = "/time"
watermark = { wait = "1s", idle = "1s" }

[operator.windows]
use = "window.count"
from = "timed"
window = { kind = "tumbling", length = "1m" }

[operator.sessions]
use = "window.count"
from = "timed"
window = { kind = "session", gap = "1m" }

[sink.out]
use = "stdio.lines"
from = ["windows", "sessions"]
)");
  const std::string errors = host.scratch + "/idle_windows.err";
  Child child(host(manifest, workers), host.environment, errors, Streams::input_held_open);
  std::string lines;
  for (int i = 0; i < 100; ++i) {
    lines += "{\"key\":\"k" + std::to_string(i) + "\",\"time\":\"2024-01-01T00:00:00Z\"}\n";
  }
  if (::write(child.pipe(), lines.data(), lines.size()) != static_cast<ssize_t>(lines.size())) {
    throw std::runtime_error("the host does not read its input; see " + errors);
  }
  // Until the source is idle.
  sleep_s(3);
  const uint64_t switches_before = switches(child.pid());
  const double cpu_before = cpu_s(child.pid());
  sleep_s(kSeconds);
  if (rss_kb(child.pid()) == 0) throw std::runtime_error("the host ended early; see " + errors);
  return {workers, static_cast<double>(switches(child.pid()) - switches_before) / kSeconds,
          (cpu_s(child.pid()) - cpu_before) / kSeconds * 100};
}

}  // namespace bench
