// Saved bytes that nobody wrote: refused with a message, or a state like any other; never a crash.
#include <random>

#include "aggregate_harness.h"

namespace streamhost::agg {
namespace {

using Random = std::mt19937_64;

struct Case {
  std::string name;
  AggregateHarness::Options options;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"count", {}},
      {"sum", {}},
      {"min", {}},
      {"max", {}},
      {"mean", {}},
      {"stddev", {}},
      {"first", {}},
      {"last", {}},
      {"collect", {}},
      {"collect", {{"limit", {"3"}}}},
      {"collect", {{"as", {"set"}}}},
      {"distinct", {}},
      {"distinct", {{"method", {"hll"}}, {"precision", {"6"}}}},
      {"quantile", {{"q", {"0.1", "0.5"}}, {"max_buckets", {"64"}}}},
      {"top_k", {{"k", {"5"}}}},
      {"frequent", {{"k", {"2"}}, {"capacity", {"4"}}}},
  };
  return all;
}

std::string mutated(std::string bytes, Random& random) {
  for (uint64_t i = 1 + random() % 3; i != 0; --i) {
    const size_t at = bytes.empty() ? 0 : random() % bytes.size();
    switch (random() % 6) {
      case 0: bytes.resize(at); break;
      case 1: bytes.insert(at, 1, static_cast<char>(random())); break;
      case 2: bytes += std::string(random() % 12, '\xff'); break;
      case 3: bytes.erase(at, 1 + random() % 4); break;
      case 4:
        if (!bytes.empty()) bytes[at] = static_cast<char>(random());
        break;
      default:
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ 1 << random() % 8);
    }
  }
  return bytes;
}

TEST(HostileBytes, AreRefusedOrMakeAUsableState) {
  for (const Case& c : cases()) {
    Random random(11);
    AggregateHarness h(c.name, c.options);
    std::vector<std::string> seeds = {""};
    for (const int size : {1, 3, 9, 200}) {
      std::vector<TestRecord> records;
      for (int i = 0; i < size; ++i) {
        const auto n = static_cast<int64_t>(random() % 2001) - 1000;
        const char* const forms[] = {"", ".5", "e3", "00000000000000000"};
        records.push_back({std::to_string(n) + forms[random() % 4], i});
      }
      seeds.push_back(h.save(h.state_of(records)));
    }
    const auto good = h.state_of(values({"1", "2.5", "3e1"}));
    int refused = 0;
    for (int round = 0; round < 15000; ++round) {
      const std::string bytes = mutated(seeds[random() % seeds.size()], random);
      const auto state = h.restore(bytes);
      if (state == nullptr) {
        ++refused;
        ASSERT_EQ(h.status, SH_E_STATE) << c.name << ": " << h.message();
        const std::string start = "a saved state of agg." + c.name + " cannot be used: ";
        ASSERT_EQ(h.message().substr(0, start.size()), start);
        continue;
      }
      h.finish(state);
      const std::string saved = h.save(state);
      ASSERT_EQ(h.add(state, values({"7", "-1"})), SH_OK);
      ASSERT_EQ(h.merge(state, good), SH_OK);
      h.finish(state);
      const auto other = h.state_of(values({"1", "2.5"}));
      ASSERT_EQ(h.merge(other, state), SH_OK);
      h.finish(other);
      h.save(other);
      ASSERT_NE(h.restore(saved), nullptr) << c.name << ": " << h.message();
    }
    EXPECT_GT(refused, 1000) << c.name;
  }
}

}  // namespace
}  // namespace streamhost::agg
