#include "idle.h"

#include <poll.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "case.h"
#include "process.h"

namespace bench {
namespace {

void expect_alive(const Child& child, const std::string& errors) {
  if (peak_kb(child.pid()) > 0) return;
  throw std::runtime_error("the host ended early; see " + errors);
}

}  // namespace

Command HostCommand::operator()(const std::string& manifest, unsigned workers) const {
  return {host, "--manifest", manifest, "-w", std::to_string(workers)};
}

std::string HostCommand::manifest(const std::string& name, const std::string& text) const {
  const std::string path = scratch + "/" + name + ".toml";
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw std::runtime_error(path + ": cannot be written");
  return path;
}

Latency measure_latency(const HostCommand& host, unsigned workers) {
  const std::string manifest = host.manifest("latency", R"(name = "latency"
[source.one]
use = "demo.sequence"
count = 1

[sink.out]
use = "stdio.lines"
from = "one"
)");
  const std::string errors = host.scratch + "/latency.err";
  std::vector<double> first, end;
  for (int i = 0; i < 20; ++i) {
    Child child(host(manifest, workers), host.environment, errors, Streams::output_piped);
    pollfd ready{child.pipe(), POLLIN, 0};
    ::poll(&ready, 1, 10'000);
    char byte = 0;
    if (::read(child.pipe(), &byte, 1) != 1) {
      throw std::runtime_error("no record came out; see " + errors);
    }
    first.push_back(child.age_s() * 1e3);
    end.push_back(child.wait().wall_s * 1e3);
  }
  return {workers, median(first), median(end)};
}

Memory measure_memory(const HostCommand& host, unsigned workers) {
  Memory memory;
  memory.workers = workers;

  const std::string slow = host.manifest("slow_sink", R"(name = "slow_sink"
[source.records]
use = "demo.sequence"
count = 100000000000
size = 100

[operator.spread]
use = "core.redistribute"
from = "records"

[sink.slow]
use = "bench.slow"
from = "spread"
rate = )" + std::to_string(20'000 / workers) + "\n");
  std::string errors = host.scratch + "/slow_sink.err";
  {
    Child child(host(slow, workers), host.environment, errors);
    sleep_s(2);
    expect_alive(child, errors);
    memory.early_kb = peak_kb(child.pid());
    const double before = cpu_s(child.pid());
    sleep_s(4);
    expect_alive(child, errors);
    memory.peak_kb = peak_kb(child.pid());
    memory.slow_cpu_percent = (cpu_s(child.pid()) - before) / 4 * 100;
  }

  const std::string idle = host.manifest("idle", R"(name = "idle"
[source.records]
use = "stdio.lines"

[sink.out]
use = "stdio.lines"
from = "records"
)");
  errors = host.scratch + "/idle.err";
  Child child(host(idle, workers), host.environment, errors, Streams::input_held_open);
  sleep_s(1);
  expect_alive(child, errors);
  const uint64_t switches_before = switches(child.pid());
  const double cpu_before = cpu_s(child.pid());
  sleep_s(3);
  expect_alive(child, errors);
  memory.idle_switches_per_s = static_cast<double>(switches(child.pid()) - switches_before) / 3;
  memory.idle_cpu_percent = (cpu_s(child.pid()) - cpu_before) / 3 * 100;
  return memory;
}

}  // namespace bench
