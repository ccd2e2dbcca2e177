#include "plan_cache.h"

#include "test_support.h"

namespace streamhost::avro {
namespace {

struct Asked {
  std::vector<int32_t> ids;
  PlanCache::Make make = [this](int32_t id) {
    ids.push_back(id);
    if (id < 0) throw bad_data("unknown " + std::to_string(id));
    const auto schema = schema_of("\"int\"");
    return std::make_shared<const Plan>(schema, schema, Form{});
  };
};

std::string problem_of(PlanCache& cache, int32_t id, int64_t now, Asked& asked) {
  try {
    cache.get(id, now, asked.make);
    return "";
  } catch (const Error& e) {
    return e.what();
  }
}

TEST(PlanCache, AsksOnceForWhatIsThere) {
  Asked asked;
  PlanCache cache(10, 1000);
  const Plan* const first = &cache.get(1, 0, asked.make);
  cache.get(2, 0, asked.make);
  EXPECT_EQ(&cache.get(1, 1'000'000'000, asked.make), first);
  EXPECT_EQ(asked.ids, (std::vector<int32_t>{1, 2}));
}

TEST(PlanCache, FailuresAreKeptForAWhile) {
  Asked asked;
  PlanCache cache(10, 1000);
  EXPECT_EQ(problem_of(cache, -1, 50, asked), "unknown -1");
  EXPECT_EQ(problem_of(cache, -1, 1049, asked), "unknown -1");
  EXPECT_EQ(asked.ids.size(), 1u);
  problem_of(cache, -1, 1050, asked);
  EXPECT_EQ(asked.ids.size(), 2u);
  problem_of(cache, -1, 10, asked);  // the clock was set back
  EXPECT_EQ(asked.ids.size(), 3u);
}

TEST(PlanCache, OtherErrorsAreNotKept) {
  PlanCache cache(10, 1000);
  int times = 0;
  const PlanCache::Make down = [&](int32_t) -> std::shared_ptr<const Plan> {
    ++times;
    throw unavailable("down").retryable();
  };
  EXPECT_THROW(cache.get(1, 0, down), Error);
  EXPECT_THROW(cache.get(1, 0, down), Error);
  EXPECT_EQ(times, 2);
}

TEST(PlanCache, FailuresGoFirstAndThenWhatWasNotUsed) {
  Asked asked;
  PlanCache cache(3, 1'000'000);
  cache.get(1, 0, asked.make);
  cache.get(2, 0, asked.make);
  for (int32_t bad = -1; bad > -50; --bad) problem_of(cache, bad, 0, asked);
  asked.ids.clear();
  cache.get(1, 0, asked.make);
  cache.get(2, 0, asked.make);
  EXPECT_TRUE(asked.ids.empty());
  cache.get(3, 0, asked.make);
  cache.get(1, 0, asked.make);
  cache.get(4, 0, asked.make);  // 2 goes
  cache.get(1, 0, asked.make);
  cache.get(3, 0, asked.make);
  EXPECT_EQ(asked.ids, (std::vector<int32_t>{3, 4}));
  cache.get(2, 0, asked.make);
  EXPECT_EQ(asked.ids.size(), 3u);
}

}  // namespace
}  // namespace streamhost::avro
