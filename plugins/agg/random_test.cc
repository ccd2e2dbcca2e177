// Each aggregate against a slow computation of the same from the records themselves: over random
// data, cut into parts at random, merged in random trees, saved and restored on the way.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "aggregate_harness.h"

namespace streamhost::agg {
namespace {

using Random = std::mt19937_64;

std::string shortest(double value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

// What is known about a record besides its text.
struct Item {
  TestRecord record;
  int64_t cents = 0;
};

std::string cents_text(int64_t cents) {
  const bool negative = cents < 0;
  const int64_t size = std::abs(cents);
  std::string text = (negative ? "-" : "") + std::to_string(size / 100);
  if (size % 100 != 0) {
    text += size % 10 == 0 ? "." + std::to_string(size / 10 % 10)
                           : (size % 100 < 10 ? ".0" : ".") + std::to_string(size % 100);
  }
  return text;
}

Item draw(Random& random, int64_t range, bool as_field) {
  Item item;
  item.cents = static_cast<int64_t>(random() % static_cast<uint64_t>(2 * range)) - range;
  if (random() % 4 == 0) item.cents = item.cents / 100 * 100;
  const std::string number = cents_text(item.cents);
  item.record.value = as_field ? "{\"id\":" + std::to_string(random() % 50) + ", \"x\":" + number +
                                     (random() % 2 == 0 ? "}" : ",\"more\":[{}]}")
                               : number;
  if (random() % 3 != 0) item.record.event_time_us = static_cast<int64_t>(random() % 1000000);
  return item;
}

using Items = std::vector<Item>;
using Check = std::function<void(const Items&, const std::string& result)>;

struct Case {
  std::string name;
  AggregateHarness::Options options;
  Check check;
  bool same_bytes;        // the saved bytes do not depend on how parts were merged
  bool in_order = false;  // the order of arrival matters
  int64_t range = 100000;
};

Check equals(std::function<std::string(const Items&)> expected) {
  return [expected](const Items& items, const std::string& result) {
    EXPECT_EQ(result, expected(items));
  };
}

std::vector<int64_t> sorted_cents(const Items& items) {
  std::vector<int64_t> all;
  for (const Item& i : items) all.push_back(i.cents);
  std::sort(all.begin(), all.end());
  return all;
}

int64_t total(const Items& items) {
  int64_t sum = 0;
  for (const Item& i : items) sum += i.cents;
  return sum;
}

double deviation(const Items& items) {
  long double sum = 0, squares = 0;
  for (const Item& i : items) sum += static_cast<long double>(i.cents) / 100;
  const long double mean = sum / static_cast<long double>(items.size());
  for (const Item& i : items) {
    const long double d = static_cast<long double>(i.cents) / 100 - mean;
    squares += d * d;
  }
  return static_cast<double>(std::sqrt(squares / static_cast<long double>(items.size() - 1)));
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text = "[";
  for (const std::string& p : parts) text += (text.size() == 1 ? "" : ",") + p;
  return text + "]";
}

std::string first_by_time(const Items& items, bool last) {
  const Item* best = nullptr;
  for (const Item& i : items) {
    const int64_t time = i.record.event_time_us;
    const int64_t best_time = best == nullptr ? SH_NO_TIME : best->record.event_time_us;
    const bool better = last ? time >= best_time
                             : time != SH_NO_TIME && (best_time == SH_NO_TIME || time < best_time);
    if (best == nullptr || better) best = &i;
  }
  return cents_text(best->cents);
}

void check_quantiles(const Items& items, const std::string& result) {
  const std::vector<int64_t> all = sorted_cents(items);
  const char* at = result.c_str();
  for (const double q : {0.0, 0.25, 0.5, 0.99}) {
    ++at;  // [ or ,
    char* end;
    const double found = std::strtod(at, &end);
    at = end;
    const double exact =
        static_cast<double>(all[static_cast<size_t>(q * static_cast<double>(all.size() - 1))]) /
        100;
    EXPECT_NEAR(found, exact, std::fabs(exact) * 0.01 * (1 + 1e-9)) << q;
  }
}

void check_frequent(const Items& items, const std::string& result, size_t k, size_t capacity) {
  std::map<std::string, uint64_t> counts;
  for (const Item& i : items) ++counts[cents_text(i.cents)];
  size_t found = 0;
  std::set<std::string> named;
  uint64_t error = 0;
  for (size_t at = result.find("\"value\":"); at != std::string::npos;
       at = result.find("\"value\":", at + 1)) {
    ++found;
    const std::string value = result.substr(at + 8, result.find(',', at) - at - 8);
    const uint64_t count = std::stoull(result.substr(result.find("count\":", at) + 7));
    error = std::stoull(result.substr(result.find("error\":", at) + 7));
    EXPECT_LE(count, counts[value]);
    EXPECT_LE(counts[value], count + error);
    named.insert(value);
  }
  EXPECT_LE(found, k);
  EXPECT_LE(error, items.size() / (capacity + 1));
  if (counts.size() <= capacity) {
    EXPECT_EQ(error, 0u);
    EXPECT_EQ(found, std::min(k, counts.size()));
  }
}

std::vector<Case> cases(bool as_field) {
  std::vector<Case> all = {
      {"count", {}, equals([](const Items& i) { return std::to_string(i.size()); }), true},
      {"sum", {}, equals([](const Items& i) { return cents_text(total(i)); }), true},
      {"mean",
       {},
       equals([](const Items& i) {
         return shortest(static_cast<double>(static_cast<long double>(total(i)) /
                                             (100.0L * static_cast<long double>(i.size()))));
       }),
       true},
      {"min", {}, equals([](const Items& i) { return cents_text(sorted_cents(i).front()); }), true},
      {"max", {}, equals([](const Items& i) { return cents_text(sorted_cents(i).back()); }), true},
      {"stddev",
       {},
       [](const Items& items, const std::string& result) {
         if (items.size() == 1) {
           EXPECT_EQ(result, "null");
         } else {
           const double exact = deviation(items);
           EXPECT_NEAR(std::stod(result), exact, exact * 1e-12);
         }
       },
       false},
      {"first", {}, equals([](const Items& i) { return first_by_time(i, false); }), true, true},
      {"last", {}, equals([](const Items& i) { return first_by_time(i, true); }), true, true},
      {"collect",
       {},
       equals([](const Items& items) {
         std::vector<std::string> texts;
         for (const Item& i : items) texts.push_back(cents_text(i.cents));
         return joined(texts);
       }),
       true,
       true},
      {"collect",
       {{"limit", {"7"}}},
       equals([](const Items& items) {
         std::vector<std::string> texts;
         for (const Item& i : items) {
           if (texts.size() < 7) texts.push_back(cents_text(i.cents));
         }
         return joined(texts);
       }),
       true,
       true},
      {"collect",
       {{"as", {"set"}}},
       equals([](const Items& items) {
         std::set<int64_t> set;
         for (const Item& i : items) set.insert(i.cents);
         std::vector<std::string> texts;
         for (const int64_t c : set) texts.push_back(cents_text(c));
         return joined(texts);
       }),
       true,
       false,
       400},
      {"collect",
       {{"as", {"set"}}, {"limit", {"5"}}},
       equals([](const Items& items) {
         std::set<int64_t> set;
         for (const Item& i : items) set.insert(i.cents);
         std::vector<std::string> texts;
         for (const int64_t c : set) {
           if (texts.size() < 5) texts.push_back(cents_text(c));
         }
         return joined(texts);
       }),
       true,
       false,
       400},
      {"distinct",
       {},
       equals([](const Items& items) {
         std::set<int64_t> set;
         for (const Item& i : items) set.insert(i.cents);
         return std::to_string(set.size());
       }),
       true,
       false,
       800},
      {"distinct",
       {{"method", {"hll"}}},
       equals([](const Items& items) {
         std::set<int64_t> set;  // few enough to be exact
         for (const Item& i : items) set.insert(i.cents);
         return std::to_string(set.size());
       }),
       true,
       false,
       800},
      {"distinct",
       {{"method", {"hll"}}, {"precision", {"8"}}},
       [](const Items& items, const std::string& result) {
         std::set<int64_t> set;
         for (const Item& i : items) set.insert(i.cents);
         const auto exact = static_cast<double>(set.size());
         EXPECT_NEAR(std::stod(result), exact, exact * 5 * 1.04 / 16);
       },
       true},
      {"quantile", {{"q", {"0", "0.25", "0.5", "0.99"}}}, check_quantiles, true},
      {"top_k",
       {{"k", {"10"}}},
       equals([](const Items& items) {
         const std::vector<int64_t> cents = sorted_cents(items);
         std::vector<std::string> texts;
         for (size_t i = 0; i < std::min<size_t>(10, cents.size()); ++i) {
           texts.push_back(cents_text(cents[cents.size() - 1 - i]));
         }
         return joined(texts);
       }),
       true,
       false,
       3000},
      {"top_k",
       {{"k", {"4"}}, {"order", {"smallest"}}},
       equals([](const Items& items) {
         const std::vector<int64_t> cents = sorted_cents(items);
         std::vector<std::string> texts;
         for (size_t i = 0; i < std::min<size_t>(4, cents.size()); ++i) {
           texts.push_back(cents_text(cents[i]));
         }
         return joined(texts);
       }),
       true,
       false,
       3000},
      {"frequent",
       {{"k", {"3"}}},
       [](const Items& i, const std::string& r) { check_frequent(i, r, 3, 10000); },
       true,
       false,
       30},
      {"frequent",
       {{"k", {"3"}}, {"capacity", {"20"}}},
       [](const Items& i, const std::string& r) { check_frequent(i, r, 3, 20); },
       false,
       false,
       300},
  };
  if (as_field) {
    for (Case& c : all) c.options["of"] = {"/x"};
  }
  return all;
}

// A state of records [begin, end), made from parts that are merged as a random tree. Parts stay in
// their order where that matters.
AggregateHarness::State tree(AggregateHarness& h, const Case& c, const Items& items, size_t begin,
                             size_t end, Random& random) {
  if (end - begin <= 1 || random() % 6 == 0) {
    auto state = h.state();
    for (size_t at = begin; at < end;) {
      const size_t size = std::min<size_t>(end - at, 1 + random() % 40);
      std::vector<TestRecord> batch;
      for (size_t i = at; i < at + size; ++i) batch.push_back(items[i].record);
      EXPECT_EQ(h.add(state, batch), SH_OK) << h.message();
      at += size;
    }
    return state;
  }
  const size_t middle = begin + random() % (end - begin + 1);
  auto a = tree(h, c, items, begin, middle, random);
  auto b = tree(h, c, items, middle, end, random);
  if (!c.in_order && random() % 2 == 0) std::swap(a, b);
  if (random() % 2 == 0) {
    const std::string saved = h.save(b);
    b = h.restore(saved);
    EXPECT_EQ(h.save(b), saved) << c.name;
  }
  EXPECT_EQ(h.merge(a, b), SH_OK) << h.message();
  return a;
}

TEST(RandomData, EveryAggregateIsWhatASlowComputationSays) {
  for (const bool as_field : {false, true}) {
    for (const Case& c : cases(as_field)) {
      SCOPED_TRACE(c.name + (as_field ? " of a field" : ""));
      Random random(42);
      AggregateHarness h(c.name, c.options);
      ASSERT_EQ(h.error, "");
      for (int round = 0; round < 40; ++round) {
        Items items(1 + random() % (round % 4 == 0 ? 2000 : 60));
        for (Item& i : items) i = draw(random, c.range, as_field);
        std::vector<TestRecord> records;
        for (const Item& i : items) records.push_back(i.record);
        const auto all = h.state_of(records);
        c.check(items, h.finish(all));
        const auto merged = tree(h, c, items, 0, items.size(), random);
        c.check(items, h.finish(merged));
        if (c.same_bytes) {
          EXPECT_EQ(h.save(merged), h.save(all));
        }
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace streamhost::agg
