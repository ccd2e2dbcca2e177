#include "recovery.h"
#include "text.h"

namespace bench {
namespace {

double mib(double bytes) { return bytes / (1 << 20); }
double ms(int64_t us) { return static_cast<double>(us) / 1e3; }
const char* yes_or_no(bool met) { return met ? "yes" : "NO"; }
const char* as_json(bool met) { return met ? "true" : "false"; }

bool met(const SnapshotCost& s) { return s.ratio >= SnapshotCost::kLeast; }
bool met(const BarrierPause& p) { return p.with.barrier_p99 < BarrierPause::kMostUs; }
bool met(const StateSize& s) { return s.bytes <= StateSize::kMost; }
double memory_ratio(const Resume& r) {
  return static_cast<double>(r.resuming_kb) / static_cast<double>(r.running_kb);
}
// Seconds are asked of a million keys, memory of any number.
bool met(const Resume& r) {
  const bool soon = r.keys > 1'000'000 || r.first_record_s < Resume::kMostSeconds;
  return soon && memory_ratio(r) <= Resume::kMostMemory;
}

void add_delays(std::string& to, const char* name, const Delays& d) {
  add(to, "  %-17s p50 %.3f ms, p99 %.3f, p99.9 %.3f, most %.3f", name, ms(d.p50), ms(d.p99),
      ms(d.p999), ms(d.most));
  if (d.barriers > 0) add(to, "; around %.0f barriers p99 %.3f", d.barriers, ms(d.barrier_p99));
  to += "\n";
}

void add_delays_json(std::string& to, const char* name, const Delays& d) {
  add(to, ",\"%s\":{\"p50_us\":%lld,\"p99_us\":%lld,\"p999_us\":%lld,\"most_us\":%lld,", name,
      static_cast<long long>(d.p50), static_cast<long long>(d.p99), static_cast<long long>(d.p999),
      static_cast<long long>(d.most));
  add(to, "\"barriers\":%.0f,\"barrier_p99_us\":%lld}", d.barriers,
      static_cast<long long>(d.barrier_p99));
}

// Adds `"name":[...]` with a comma before it.
template <class Item, class Each>
void add_list(std::string& to, const char* name, const std::vector<Item>& items, Each&& each) {
  add(to, ",\n\"%s\":[", name);
  const char* comma = "";
  for (const Item& item : items) {
    add(to, "%s\n{", comma);
    each(item);
    to += "}";
    comma = ",";
  }
  to += "]";
}

}  // namespace

std::string table(const RecoveryReport& report) {
  std::string to;
  for (const SnapshotCost& s : report.snapshots) {
    add(to,
        "snapshots, -w %u: %.1f M/s with a store, %.1f without: %.3f  wanted >= %.1f: %s; %.0f "
        "rows "
        "and %.2f MiB an epoch, the writer takes %.1f %% of a core\n",
        s.workers, s.with_per_s / 1e6, s.without_per_s / 1e6, s.ratio, SnapshotCost::kLeast,
        yes_or_no(met(s)), s.rows, mib(s.bytes), s.writer_cpu_percent);
  }
  for (const BarrierPause& p : report.pauses) {
    add(to, "pause, -w %u: at %.2f M/s; at barriers p99 wanted < %.0f ms: %s\n", p.workers,
        p.rate / 1e6, ms(BarrierPause::kMostUs), yes_or_no(met(p)));
    add_delays(to, "without a store:", p.without);
    add_delays(to, "with one:", p.with);
  }
  for (const Resume& r : report.resumes) {
    add(to,
        "resume, -w %u, %llu keys: first record after %.3f s, end without input after %.3f s; %.0f "
        "MiB, %.2f of the first run's; store %.0f MiB  wanted",
        r.workers, static_cast<unsigned long long>(r.keys), r.first_record_s, r.end_s,
        static_cast<double>(r.resuming_kb) / 1024, memory_ratio(r),
        mib(static_cast<double>(r.store_bytes)));
    if (r.keys <= 1'000'000) add(to, " < %.0f s,", Resume::kMostSeconds);
    add(to, " <= %.1f: %s\n", Resume::kMostMemory, yes_or_no(met(r)));
  }
  for (const StateSize& s : report.state_sizes) {
    add(to,
        "state of a counted key, -w %u, %s a store: %.1f bytes over its own 16, %.1f at the peak  "
        "wanted <= %.0f: %s\n",
        s.workers, s.recovery ? "with" : "without", s.bytes, s.peak_bytes, StateSize::kMost,
        yes_or_no(met(s)));
  }
  for (const StoreGrowth& g : report.growths) {
    add(to, "store, %.0f epochs a second of %.0f rows: flat: %s\n", g.epochs_per_s, g.rows,
        yes_or_no(g.flat()));
    for (const StoreGrowth::Sample& s : g.samples) {
      add(to, "  epoch %6llu: %6.2f MiB, at most %6.2f since the line before\n",
          static_cast<unsigned long long>(s.epoch), mib(static_cast<double>(s.bytes)),
          mib(static_cast<double>(s.most)));
    }
  }
  return to;
}

std::string json_members(const RecoveryReport& report) {
  std::string to;
  add_list(to, "snapshots", report.snapshots, [&](const SnapshotCost& s) {
    add(to, "\"workers\":%u,\"without_per_s\":%.0f,\"with_per_s\":%.0f,\"ratio\":%.4f,", s.workers,
        s.without_per_s, s.with_per_s, s.ratio);
    add(to, "\"rows\":%.0f,\"bytes\":%.0f,\"writer_cpu_percent\":%.2f,\"met\":%s", s.rows, s.bytes,
        s.writer_cpu_percent, as_json(met(s)));
  });
  add_list(to, "pause", report.pauses, [&](const BarrierPause& p) {
    add(to, "\"workers\":%u,\"rate\":%.0f", p.workers, p.rate);
    add_delays_json(to, "without", p.without);
    add_delays_json(to, "with", p.with);
    add(to, ",\"met\":%s", as_json(met(p)));
  });
  add_list(to, "resume", report.resumes, [&](const Resume& r) {
    add(to, "\"workers\":%u,\"keys\":%llu,\"store_bytes\":%llu,", r.workers,
        static_cast<unsigned long long>(r.keys), static_cast<unsigned long long>(r.store_bytes));
    add(to, "\"first_record_s\":%.4f,\"end_s\":%.4f,", r.first_record_s, r.end_s);
    add(to, "\"running_kb\":%llu,\"resuming_kb\":%llu,\"met\":%s",
        static_cast<unsigned long long>(r.running_kb),
        static_cast<unsigned long long>(r.resuming_kb), as_json(met(r)));
  });
  add_list(to, "state_size", report.state_sizes, [&](const StateSize& s) {
    add(to, "\"workers\":%u,\"recovery\":%s,\"bytes\":%.1f,\"peak_bytes\":%.1f,\"met\":%s",
        s.workers, as_json(s.recovery), s.bytes, s.peak_bytes, as_json(met(s)));
  });
  add_list(to, "growth", report.growths, [&](const StoreGrowth& g) {
    add(to, "\"epochs_per_s\":%.1f,\"rows\":%.0f,\"met\":%s,\"samples\":[", g.epochs_per_s, g.rows,
        as_json(g.flat()));
    const char* comma = "";
    for (const StoreGrowth::Sample& s : g.samples) {
      add(to, "%s{\"epoch\":%llu,\"bytes\":%llu,\"most\":%llu}", comma,
          static_cast<unsigned long long>(s.epoch), static_cast<unsigned long long>(s.bytes),
          static_cast<unsigned long long>(s.most));
      comma = ",";
    }
    to += "]";
  });
  return to;
}

}  // namespace bench
