#include "report.h"

#include "text.h"

namespace bench {
namespace {

double mega_per_second(double units, double seconds) { return units / seconds / 1e6; }
double mib(uint64_t kb) { return static_cast<double>(kb) / 1024; }

// Text as a JSON string; what we print holds no control characters but line ends.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result + '"';
}

void add_rows(std::string& to, const std::vector<Result>& rows) {
  if (rows.empty()) return;
  add(to, "%-26s %2s %8s %8s %6s %9s %8s %8s %8s %8s %8s  %s\n", "case", "w", "loop s", "host s",
      "ratio", "speedup", "loop M/s", "host M/s", "host ns", "host cpu", "host MiB", "wanted");
  for (const Result& r : rows) {
    add(to, "%-26s %2u %8.3f %8.3f %6.2f ", r.name.c_str(), r.workers, r.loop_s, r.host_s, r.ratio);
    if (r.speedup > 0) {
      add(to, "%5.2f /w%u ", r.speedup, r.over);
    } else {
      add(to, "%9s ", "");
    }
    add(to, "%8.1f %8.1f %8.1f %8.3f %8.1f  ", mega_per_second(r.units, r.loop_s),
        mega_per_second(r.units, r.host_s), r.host_s * 1e9 / r.units, r.host.cpu_s,
        mib(r.host.peak_rss_kb));
    add(to, "%s%s\n", r.wanted.c_str(), r.wanted.empty() ? "" : r.met ? ": yes" : ": NO");
  }
}

}  // namespace

std::string table(const Report& report) {
  std::string to;
  add_rows(to, report.rows);
  if (report.other_cores > 0.1) {
    add(to, "NOT QUIET: other programs kept %.1f cores busy meanwhile, so the rows say little\n",
        report.other_cores);
  }
  for (const Latency& l : report.latency) {
    add(to, "latency, -w %u: first record after %.1f ms, end after %.1f ms  wanted < 50 ms: %s\n",
        l.workers, l.first_record_ms, l.end_ms, l.first_record_ms < 50 ? "yes" : "NO");
  }
  for (const Memory& m : report.memory) {
    add(to,
        "slow sink, -w %u: %.1f MiB after 2 s, %.1f MiB at most in 6 s, %.1f %% CPU; idle: %.1f "
        "context switches/s, %.2f %% CPU\n",
        m.workers, mib(m.early_kb), mib(m.peak_kb), m.slow_cpu_percent, m.idle_switches_per_s,
        m.idle_cpu_percent);
  }
  return to + table(report.recovery) + table(report.time) + table(report.cluster) +
         table(report.kafka);
}

std::string json(const Report& report) {
  std::string to =
      "{\"host\":" + quoted(report.host_version) + ",\"runs\":" + std::to_string(report.runs) + ",";
  add(to, "\"other_cores\":%.2f,\"rows\":[", report.other_cores);
  const char* comma = "";
  for (const Result& r : report.rows) {
    add(to, "%s\n{\"name\":%s,\"workers\":%u,", comma, quoted(r.name).c_str(), r.workers);
    add(to, "\"loop_s\":%.4f,\"host_s\":%.4f,\"ratio\":%.3f,", r.loop_s, r.host_s, r.ratio);
    add(to, "\"units\":%.0f,", r.units);
    if (r.speedup > 0) add(to, "\"speedup\":%.3f,\"over_workers\":%u,", r.speedup, r.over);
    add(to, "\"loop_cpu_s\":%.3f,\"host_cpu_s\":%.3f,", r.loop.cpu_s, r.host.cpu_s);
    add(to, "\"loop_peak_rss_kb\":%llu,\"host_peak_rss_kb\":%llu",
        static_cast<unsigned long long>(r.loop.peak_rss_kb),
        static_cast<unsigned long long>(r.host.peak_rss_kb));
    if (!r.wanted.empty()) {
      add(to, ",\"wanted\":%s,\"met\":%s", quoted(r.wanted).c_str(), r.met ? "true" : "false");
    }
    to += "}";
    comma = ",";
  }
  to += "],\n\"latency\":[";
  comma = "";
  for (const Latency& l : report.latency) {
    add(to, "%s\n{\"workers\":%u,\"first_record_ms\":%.2f,\"end_ms\":%.2f}", comma, l.workers,
        l.first_record_ms, l.end_ms);
    comma = ",";
  }
  to += "],\n\"memory\":[";
  comma = "";
  for (const Memory& m : report.memory) {
    add(to, "%s\n{\"workers\":%u,\"early_kb\":%llu,\"peak_kb\":%llu,\"slow_cpu_percent\":%.2f,",
        comma, m.workers, static_cast<unsigned long long>(m.early_kb),
        static_cast<unsigned long long>(m.peak_kb), m.slow_cpu_percent);
    add(to, "\"idle_switches_per_s\":%.2f,\"idle_cpu_percent\":%.3f}", m.idle_switches_per_s,
        m.idle_cpu_percent);
    comma = ",";
  }
  return to + "]" + json_members(report.recovery) + json_members(report.time) +
         json_members(report.cluster) + json_members(report.kafka) + "}\n";
}

}  // namespace bench
