#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "event_time.h"
#include "process.h"

namespace bench {
namespace fs = std::filesystem;
namespace {

struct Look {
  double busy_s = 0;
  uint64_t kb = 0, peak_kb = 0, store_bytes = 0, peak_store_bytes = 0;
};

uint64_t size_of(const std::string& folder) {
  uint64_t sum = 0;
  std::error_code ignored;
  for (const auto& file : fs::directory_iterator(folder, ignored)) {
    const uintmax_t bytes = file.file_size(ignored);
    if (!ignored) sum += bytes;
  }
  return sum;
}

Look look_at(const HostCommand& host, const ForgottenKeys::Shape& shape, uint64_t keys) {
  static constexpr double kSilenceS = 4;
  static constexpr double kLongestS = 240;
  const std::string base = host.scratch + "/forgotten";
  const std::string store = base + ".store", report = base + ".report", errors = base + ".err";
  const auto clear = [&] {
    fs::remove_all(store);
    fs::remove(report);
  };
  clear();
  // 20 million records are 200 seconds of event time: with the short gap 100 000 sessions are open
  // at a time, and with the long one all of them.
  const std::string gap = shape.at_once ? "10m" : "1s";
  const std::string manifest = host.manifest(
      "forgotten",
      "name = \"forgotten\"\n[run]\nepoch = \"1s\"\n" +
          (shape.recovery ? "[recovery]\ndirectory = \"" + store + "\"\n" : std::string()) +
          "\n[source.records]\nuse = \"bench.passing\"\nkeys = " + std::to_string(keys) +
          "\njump = \"1h\"\nreport = \"" + report +
          "\"\nwatermark = { wait = \"0s\" }\n\n"
          "[operator.passing]\nuse = \"bench.passing_only\"\nfrom = \"records\"\n\n"
          "[operator.sessions]\nuse = \"window.count\"\nfrom = \"" +
          (shape.one_left ? "records" : "passing") + "\"\nwindow = { kind = \"session\", gap = \"" +
          gap + "\" }\n\n[sink.out]\nuse = \"bench.null\"\nfrom = \"sessions\"\nreport = \"" +
          base + ".out\"\n");
  Look look;
  Child child(host(manifest, shape.workers), host.environment, errors);
  const auto pause = [&] {
    sleep_s(0.1);
    look.peak_store_bytes = std::max(look.peak_store_bytes, size_of(store));
    look.peak_kb = std::max(look.peak_kb, peak_kb(child.pid()));
    if (rss_kb(child.pid()) == 0 || child.age_s() > kLongestS) {
      throw std::runtime_error("the host ended early, or takes too long; see " + errors);
    }
  };
  while (!fs::exists(report)) pause();
  look.busy_s = child.age_s();
  // Closing the sessions and writing the last of them takes some time itself: the silence begins
  // when the processors are at rest.
  for (double used = 0; cpu_s(child.pid()) - used > 0.05;) {
    used = cpu_s(child.pid());
    for (int i = 0; i < 10; ++i) pause();
  }
  const double quiet_since_s = child.age_s();
  while (child.age_s() - quiet_since_s < kSilenceS) pause();
  look.kb = rss_kb(child.pid());
  look.store_bytes = size_of(store);
  child.kill(9);
  child.wait();
  clear();
  return look;
}

}  // namespace

bool ForgottenKeys::met() const {
  static constexpr uint64_t kKb = 20 << 10, kBytes = 4 << 20;
  return kb <= empty_kb + empty_kb / 20 + kKb && store_bytes <= empty_store_bytes + kBytes;
}

ForgottenKeys measure_forgotten(const HostCommand& host, const ForgottenKeys::Shape& shape) {
  const Look empty = look_at(host, shape, 1);
  const Look look = look_at(host, shape, ForgottenKeys::kKeys);
  return {shape,    look.busy_s,      look.peak_kb,      look.kb,
          empty.kb, look.store_bytes, empty.store_bytes, look.peak_store_bytes};
}

}  // namespace bench
