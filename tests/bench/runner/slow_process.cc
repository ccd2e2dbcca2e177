#include <algorithm>

#include "cluster.h"
#include "process.h"
#include "processes.h"

namespace bench {

SlowProcess measure_slow_process(const HostCommand& host) {
  static constexpr double kEarlyS = 3, kLateS = 10;
  const std::string manifest = host.manifest(
      "slow_process",
      "name = \"slow_process\"\n[source.records]\nuse = \"bench.across\"\nrecords = 100000000000\n"
      "report = \"" +
          host.scratch +
          "/slow_process.source\"\n\n"
          "[operator.counts]\nuse = \"bench.count_through\"\nfrom = \"records\"\n\n"
          "[sink.slow]\nuse = \"bench.slow\"\nfrom = \"counts\"\nrate = 20000\n");
  Processes processes(host, "slow_process", manifest, 2);
  const auto peaks_until = [&](double seconds, uint64_t SlowProcess::Memory::*kb,
                               SlowProcess& result) {
    sleep_s(seconds);
    processes.expect_alive();
    result.sender.*kb = peak_kb(processes.pid(0));
    result.receiver.*kb = peak_kb(processes.pid(1));
  };
  SlowProcess result;
  peaks_until(kEarlyS, &SlowProcess::Memory::early_kb, result);
  const double sender_s = cpu_s(processes.pid(0)), receiver_s = cpu_s(processes.pid(1));
  peaks_until(kLateS - kEarlyS, &SlowProcess::Memory::late_kb, result);
  const double percent = 100 / (kLateS - kEarlyS);
  result.sender.cpu_percent = (cpu_s(processes.pid(0)) - sender_s) * percent;
  result.receiver.cpu_percent = (cpu_s(processes.pid(1)) - receiver_s) * percent;
  return result;
}

}  // namespace bench
