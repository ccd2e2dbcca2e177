// How the host behaves when speed is not the question: how soon the first record comes out, how
// much memory it holds behind a slow sink, and what it does when there is nothing to do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "child.h"

namespace bench {

// How to start the host on a manifest with so many workers.
struct HostCommand {
  std::string host;
  std::vector<std::string> environment;
  std::string scratch;  // a folder for manifests and error output

  Command operator()(const std::string& manifest, unsigned workers) const;
  // Writes `text` to scratch/NAME.toml and returns its path.
  std::string manifest(const std::string& name, const std::string& text) const;
};

struct Latency {
  unsigned workers = 1;
  double first_record_ms = 0;  // from the start of the process to the first byte on its output
  double end_ms = 0;           // to its end
};

// The medians of 20 runs of a job with one record.
Latency measure_latency(const HostCommand& host, unsigned workers);

struct Memory {
  unsigned workers = 1;
  // A source that could do millions a second, an exchange, and a sink that takes 20 000.
  uint64_t early_kb = 0;  // the most in the first 2 seconds
  uint64_t peak_kb = 0;   // the most in 6
  double slow_cpu_percent = 0;
  // A source that waits for its first line.
  double idle_switches_per_s = 0;  // voluntary, of all threads
  double idle_cpu_percent = 0;     // of one core
};

Memory measure_memory(const HostCommand& host, unsigned workers);

}  // namespace bench
