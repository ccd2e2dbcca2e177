// Several processes: what the exchange over TCP carries, what a hop costs, and what happens when
// one process is slow. All over the loopback of this machine, from process 0 to process 1.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "idle.h"

namespace bench {

// A count of 16-byte keys with 50-byte values, each record made by process 0 and counted by
// process 1.
struct ExchangeTcp {
  static constexpr uint64_t kPayload = 16 + 50;  // bytes of a record
  static constexpr double kLeast = 5e6;          // records a second ...
  static constexpr double kRaw = 2e9;            // ... where the raw loop does so many bytes

  struct Shape {
    const char* name;         // "token, lz4"
    const char* compression;  // "none"
    bool token = false, tls = false;
    bool in_memory = false;  // two workers of one process instead
    uint64_t records = 0;
    bool is_wanted = false;  // whether kLeast is asked of it
  };
  Shape shape;
  double per_s = 0;          // records
  double wire_bytes = 0;     // a record, TCP's own included, at least; 0 in memory
  double raw_per_s = 0;      // bytes of the raw loop, between the runs
  double sender_cpu_ns = 0;  // a record; all of it in memory
  double receiver_cpu_ns = 0;

  double payload_per_s() const { return per_s * static_cast<double>(kPayload); }
  double share() const { return payload_per_s() / raw_per_s; }
  // A slower machine is asked for less.
  bool met() const { return per_s >= kLeast * (raw_per_s < kRaw ? raw_per_s / kRaw : 1); }
};
// The shapes that are measured; the first is the plainest.
const std::vector<ExchangeTcp::Shape>& exchange_shapes();
// `loops`: the program bench-loops. Medians of `runs`. Throws when a record was not counted.
ExchangeTcp measure_exchange_tcp(const HostCommand& host, const std::string& loops,
                                 const ExchangeTcp::Shape& shape, unsigned runs);

// How long records are on their way from a source on one worker to a sink on another.
struct HopLatency {
  static constexpr int64_t kMostAddedUs = 1000;
  struct Delays {
    int64_t p50 = 0, p99 = 0, most = 0;  // microseconds
  };
  uint64_t rate = 0;           // records a second
  Delays over_tcp, in_memory;  // workers of two processes, and of one

  int64_t added_p99_us() const { return over_tcp.p99 - in_memory.p99; }
  bool met() const { return added_p99_us() < kMostAddedUs; }
};
HopLatency measure_hop_latency(const HostCommand& host, uint64_t rate, unsigned runs);

// A source without a limit in process 0, and a sink in process 1 that takes 20 000 records a
// second.
struct SlowProcess {
  struct Memory {
    uint64_t early_kb = 0, late_kb = 0;  // resident at most, until 3 seconds and until 10
    double cpu_percent = 0;              // of one core, in between
  };
  Memory sender, receiver;

  // Nothing grows: but for what the allocator does.
  bool met() const {
    const auto stays = [](const Memory& m) { return m.late_kb <= m.early_kb + (4 << 10); };
    return stays(sender) && stays(receiver);
  }
};
SlowProcess measure_slow_process(const HostCommand& host);

struct ClusterReport {
  std::vector<ExchangeTcp> exchange;
  std::vector<HopLatency> hops;
  std::vector<SlowProcess> slow;
};

// As lines for people, and as members of a JSON object, each with a comma before it.
std::string table(const ClusterReport& report);
std::string json_members(const ClusterReport& report);

}  // namespace bench
