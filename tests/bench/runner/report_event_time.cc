#include "event_time.h"
#include "text.h"

namespace bench {
namespace {

double mib_of_kb(uint64_t kb) { return static_cast<double>(kb) / 1024; }
double mib(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }
unsigned long long number(uint64_t value) { return value; }

}  // namespace

std::string table(const TimeReport& report) {
  std::string to;
  for (const NexmarkRate& n : report.nexmark) {
    add(to, "nexmark %s, -w %u: %.2f M events/s; %llu results, %.0f MiB\n", n.query.c_str(),
        n.workers, n.per_s / 1e6, number(n.results), mib_of_kb(n.peak_kb));
  }
  for (const ForgottenKeys& f : report.forgotten) {
    add(to,
        "forgotten keys, -w %u, %s, %s left, %s a store: %.1f s, at most %.0f MiB; afterwards %.1f "
        "MiB, "
        "the empty job %.1f",
        f.shape.workers, f.shape.at_once ? "all at once" : "passing by",
        f.shape.one_left ? "one" : "none", f.shape.recovery ? "with" : "without", f.busy_s,
        mib_of_kb(f.peak_kb), mib_of_kb(f.kb), mib_of_kb(f.empty_kb));
    if (f.shape.recovery) {
      add(to, "; store at most %.1f MiB, afterwards %.1f, the empty job's %.1f",
          mib(f.peak_store_bytes), mib(f.store_bytes), mib(f.empty_store_bytes));
    }
    add(to, "  wanted the same, within 20 MiB and 5 %%: %s\n", f.met() ? "yes" : "NO");
  }
  for (const IdleWindows& i : report.idle) {
    add(to, "idle windows, -w %u: %.1f context switches/s, %.2f %% CPU  wanted none: %s\n",
        i.workers, i.switches_per_s, i.cpu_percent, i.switches_per_s == 0 ? "yes" : "NO");
  }
  return to;
}

std::string json_members(const TimeReport& report) {
  std::string to = ",\n\"nexmark\":[";
  const char* comma = "";
  for (const NexmarkRate& n : report.nexmark) {
    add(to, "%s\n{\"query\":\"%s\",\"workers\":%u,\"events\":%llu,\"per_s\":%.0f,\"results\":%llu,",
        comma, n.query.c_str(), n.workers, number(n.events), n.per_s, number(n.results));
    add(to, "\"peak_kb\":%llu}", number(n.peak_kb));
    comma = ",";
  }
  to += "],\n\"forgotten_keys\":[";
  comma = "";
  for (const ForgottenKeys& f : report.forgotten) {
    add(to,
        "%s\n{\"workers\":%u,\"recovery\":%s,\"at_once\":%s,\"one_left\":%s,\"busy_s\":%.2f,\"peak_"
        "kb\":%llu,",
        comma, f.shape.workers, f.shape.recovery ? "true" : "false",
        f.shape.at_once ? "true" : "false", f.shape.one_left ? "true" : "false", f.busy_s,
        number(f.peak_kb));
    add(to, "\"kb\":%llu,\"empty_kb\":%llu,\"store_bytes\":%llu,\"empty_store_bytes\":%llu,",
        number(f.kb), number(f.empty_kb), number(f.store_bytes), number(f.empty_store_bytes));
    add(to, "\"peak_store_bytes\":%llu,\"met\":%s}", number(f.peak_store_bytes),
        f.met() ? "true" : "false");
    comma = ",";
  }
  to += "],\n\"idle_windows\":[";
  comma = "";
  for (const IdleWindows& i : report.idle) {
    add(to, "%s\n{\"workers\":%u,\"switches_per_s\":%.2f,\"cpu_percent\":%.3f}", comma, i.workers,
        i.switches_per_s, i.cpu_percent);
    comma = ",";
  }
  return to + "]";
}

}  // namespace bench
