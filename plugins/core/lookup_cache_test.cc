#include "lookup_cache.h"

#include <gtest/gtest.h>

namespace streamhost::core {
namespace {

std::string at(LookupCache& cache, std::string_view key, int64_t now_us = 0) {
  const LookupCache::Answer* answer = cache.find(key, now_us);
  return answer == nullptr ? "(not kept)" : answer->value_or("(nothing)");
}

TEST(LookupCache, KeepsAnswersAndThatThereIsNone) {
  LookupCache cache(10, 0);
  EXPECT_EQ(at(cache, "a"), "(not kept)");
  EXPECT_EQ(cache.put("a", "1", 0), "1");
  cache.put("b", std::nullopt, 0);
  EXPECT_EQ(at(cache, "a"), "1");
  EXPECT_EQ(at(cache, "b"), "(nothing)");
  EXPECT_EQ(at(cache, "a", INT64_MAX), "1");
}

TEST(LookupCache, TheOneNotAskedForTheLongestGoes) {
  LookupCache cache(2, 0);
  cache.put("a", "1", 0);
  cache.put("b", "2", 0);
  EXPECT_EQ(at(cache, "a"), "1");
  cache.put("c", "3", 0);
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(at(cache, "b"), "(not kept)");
  EXPECT_EQ(at(cache, "a"), "1");
  EXPECT_EQ(at(cache, "c"), "3");
}

TEST(LookupCache, AnAnswerThatIsTooOldIsNoAnswer) {
  LookupCache cache(2, 1000);
  cache.put("a", "1", 100);
  EXPECT_EQ(at(cache, "a", 1099), "1");
  EXPECT_EQ(at(cache, "a", 1100), "(not kept)");
  EXPECT_EQ(cache.size(), 0u);
  cache.put("a", "2", 1100);
  EXPECT_EQ(at(cache, "a", 2099), "2");
}

}  // namespace
}  // namespace streamhost::core
