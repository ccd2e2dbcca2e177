#include "case_builder.h"

namespace bench {
namespace {

constexpr uint64_t kRecords = 20'000'000;

// Event time moves on by 50 us from record to record, and is out of order by up to a second: 1000
// seconds in all.
std::string source(uint64_t keys, bool watermark) {
  return "[source.records]\nuse = \"bench.timed\"\ncount = " + std::to_string(kRecords) +
         "\nkeys = " + std::to_string(keys) +
         "\npartitions = 8\nstart = 2024-01-01T00:00:00Z\nstep = \"50us\"\ndisorder = \"1s\"\n" +
         (watermark ? "watermark = { wait = \"1s\" }\n" : "");
}

std::string steps(uint64_t keys, const std::string& window, const std::string& clock,
                  const std::string& of_sink) {
  return source(keys, clock.empty()) +
         "\n[operator.windows]\nuse = \"window.count\"\nfrom = \"records\"\nwindow = " + window +
         "\n" + clock + "\n[sink.out]\nuse = \"bench.digest\"\nfrom = \"windows\"\n" + of_sink +
         "report = \"@OUTPUT@\"\n";
}

// The arguments of a loop; `last` is in microseconds.
Command loop(const std::string& name, uint64_t keys, uint64_t last) {
  return {name,      std::to_string(kRecords), std::to_string(keys), "1704067200000000", "50",
          "1000000", std::to_string(last)};
}

constexpr const char* kTumbling = R"({ kind = "tumbling", length = "1m" })";
constexpr const char* kSliding = R"({ kind = "sliding", length = "1m", offset = "6s" })";
constexpr uint64_t kMinuteUs = 60'000'000;

Case tumbling(const Setting& setting, const std::string& name, uint64_t keys) {
  CaseBuilder b(setting, name, Compare::counts);
  const size_t by_hand = b.loop("loop", loop("tumbling", keys, kMinuteUs));
  const size_t w1 = b.host("w1", 1, steps(keys, kTumbling, "", "")),
               w2 = b.host("w2", 2, steps(keys, kTumbling, "", ""));
  // Each key's own watermark: what the wall clock adds to it in the time of a run is not much.
  const std::string per_key = R"(clock = { kind = "event", per = "key", wait = "40s" })"
                              "\n";
  const size_t own = b.host("own_w1", 1, steps(keys, kTumbling, per_key, ""));
  Row& one = b.row(name, 1, by_hand, w1);
  one.most_ratio = keys == 10'000 ? 2 : 0;
  one.units = kRecords;
  Row& two = b.row(name, 2, by_hand, w2);
  two.faster_than = 0;
  two.units = kRecords;
  b.row(name + ", a clock a key", 1, by_hand, own).units = kRecords;
  return b.done();
}

// Beside tumbling windows of the same length, and of the same records.
Case sliding(const Setting& setting) {
  static constexpr uint64_t kKeys = 10'000;
  CaseBuilder b(setting, "sliding", Compare::counts);
  const size_t tumbling_by_hand = b.loop("tumbling_loop", loop("tumbling", kKeys, kMinuteUs));
  const size_t tumbling = b.host("tumbling_w1", 1, steps(kKeys, kTumbling, "", ""));
  const size_t by_hand = b.loop("loop", loop("sliding", kKeys, kMinuteUs / 10));
  const size_t w1 = b.host("w1", 1, steps(kKeys, kSliding, "", "")),
               w2 = b.host("w2", 2, steps(kKeys, kSliding, "", ""));
  b.row("tumbling, to compare", 1, tumbling_by_hand, tumbling).units = kRecords;
  Row& one = b.row("sliding", 1, by_hand, w1);
  one.faster_than = 0;
  one.least_speedup = 0.5;
  one.units = kRecords;
  Row& two = b.row("sliding", 2, by_hand, w2);
  two.faster_than = 1;
  two.units = kRecords;
  return b.done();
}

// A key comes every half second on average, so a session holds about 20 records.
Case session(const Setting& setting) {
  static constexpr uint64_t kKeys = 10'000;
  const std::string window = R"({ kind = "session", gap = "1500ms" })";
  // A session's number is the time of the record that opened it, so it goes by the order in which
  // records come.
  const std::string sink = "behind_comma = true\n";
  CaseBuilder b(setting, "session", Compare::counts);
  const size_t by_hand = b.loop("loop", loop("sessions", kKeys, 1'500'000));
  const size_t w1 = b.host("w1", 1, steps(kKeys, window, "", sink)),
               w2 = b.host("w2", 2, steps(kKeys, window, "", sink));
  b.row("session", 1, by_hand, w1).units = kRecords;
  Row& two = b.row("session", 2, by_hand, w2);
  two.faster_than = 0;
  two.units = kRecords;
  return b.done();
}

}  // namespace

std::vector<CaseMaker> window_cases() {
  return {{"tumbling", [](const Setting& s) { return tumbling(s, "tumbling", 10'000); }},
          {"tumbling_100k", [](const Setting& s) { return tumbling(s, "tumbling_100k", 100'000); }},
          {"sliding", sliding},
          {"session", session}};
}

}  // namespace bench
