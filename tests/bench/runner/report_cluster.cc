#include "cluster.h"
#include "text.h"

namespace bench {
namespace {

double mib(uint64_t kb) { return static_cast<double>(kb) / 1024; }
double ms(int64_t us) { return static_cast<double>(us) / 1e3; }
const char* yes_or_no(bool met) { return met ? "yes" : "NO"; }
const char* as_json(bool met) { return met ? "true" : "false"; }

void add_delays(std::string& to, const char* name, const HopLatency::Delays& d) {
  add(to, "%s p50 %.3f ms, p99 %.3f, most %.3f; ", name, ms(d.p50), ms(d.p99), ms(d.most));
}

void add_delays_json(std::string& to, const char* name, const HopLatency::Delays& d) {
  add(to, "\"%s\":{\"p50_us\":%lld,\"p99_us\":%lld,\"most_us\":%lld},", name,
      static_cast<long long>(d.p50), static_cast<long long>(d.p99), static_cast<long long>(d.most));
}

void add_memory_json(std::string& to, const char* name, const SlowProcess::Memory& m) {
  add(to, "\"%s\":{\"early_kb\":%llu,\"late_kb\":%llu,\"cpu_percent\":%.2f},", name,
      static_cast<unsigned long long>(m.early_kb), static_cast<unsigned long long>(m.late_kb),
      m.cpu_percent);
}

}  // namespace

std::string table(const ClusterReport& report) {
  std::string to;
  for (const ExchangeTcp& e : report.exchange) {
    add(to, "exchange, %-10s %.2f M records/s, %.0f MB/s of payload", e.shape.name, e.per_s / 1e6,
        e.payload_per_s() / 1e6);
    if (e.shape.in_memory) {
      add(to, "; %.0f ns of CPU a record\n", e.sender_cpu_ns);
      continue;
    }
    add(to,
        ", %.1f bytes a record and %.0f MB/s on the wire; raw loopback %.2f GB/s, share %.1f %%; "
        "ns of CPU a record: %.0f sending, %.0f receiving",
        e.wire_bytes, e.wire_bytes * e.per_s / 1e6, e.raw_per_s / 1e9, e.share() * 100,
        e.sender_cpu_ns, e.receiver_cpu_ns);
    if (e.shape.is_wanted) {
      add(to, "  wanted 5 M where the raw one does 2 GB/s: %s", yes_or_no(e.met()));
    }
    to += "\n";
  }
  for (const HopLatency& h : report.hops) {
    add(to, "hop, %llu records/s: ", static_cast<unsigned long long>(h.rate));
    add_delays(to, "over TCP", h.over_tcp);
    add_delays(to, "in memory", h.in_memory);
    add(to, "p99 added %.3f ms  wanted < 1 ms: %s\n", ms(h.added_p99_us()), yes_or_no(h.met()));
  }
  for (const SlowProcess& s : report.slow) {
    add(to,
        "slow process: sender %.1f MiB after 3 s, %.1f after 10 s, %.1f %% CPU; receiver %.1f MiB, "
        "%.1f, %.1f %% CPU  wanted the same: %s\n",
        mib(s.sender.early_kb), mib(s.sender.late_kb), s.sender.cpu_percent,
        mib(s.receiver.early_kb), mib(s.receiver.late_kb), s.receiver.cpu_percent,
        yes_or_no(s.met()));
  }
  return to;
}

std::string json_members(const ClusterReport& report) {
  std::string to = ",\n\"exchange_tcp\":[";
  const char* comma = "";
  for (const ExchangeTcp& e : report.exchange) {
    add(to, "%s\n{\"name\":\"%s\",\"records\":%llu,\"per_s\":%.0f,\"payload_bytes_per_s\":%.0f,",
        comma, e.shape.name, static_cast<unsigned long long>(e.shape.records), e.per_s,
        e.payload_per_s());
    if (!e.shape.in_memory) {
      add(to, "\"wire_bytes_per_record\":%.2f,\"raw_bytes_per_s\":%.0f,\"share\":%.4f,",
          e.wire_bytes, e.raw_per_s, e.share());
      add(to, "\"receiver_cpu_ns\":%.1f,", e.receiver_cpu_ns);
    }
    add(to, "\"sender_cpu_ns\":%.1f", e.sender_cpu_ns);
    if (e.shape.is_wanted) add(to, ",\"met\":%s", as_json(e.met()));
    to += "}";
    comma = ",";
  }
  to += "],\n\"hop_latency\":[";
  comma = "";
  for (const HopLatency& h : report.hops) {
    add(to, "%s\n{\"rate\":%llu,", comma, static_cast<unsigned long long>(h.rate));
    add_delays_json(to, "over_tcp", h.over_tcp);
    add_delays_json(to, "in_memory", h.in_memory);
    add(to, "\"added_p99_us\":%lld,\"met\":%s}", static_cast<long long>(h.added_p99_us()),
        as_json(h.met()));
    comma = ",";
  }
  to += "],\n\"slow_process\":[";
  comma = "";
  for (const SlowProcess& s : report.slow) {
    add(to, "%s\n{", comma);
    add_memory_json(to, "sender", s.sender);
    add_memory_json(to, "receiver", s.receiver);
    add(to, "\"met\":%s}", as_json(s.met()));
    comma = ",";
  }
  return to + "]";
}

}  // namespace bench
