#include "seen_values.h"

#include <gtest/gtest.h>

namespace streamhost::core {
namespace {

TEST(SeenValues, KnowsWhatWasAdded) {
  SeenValues seen;
  EXPECT_TRUE(seen.empty());
  EXPECT_TRUE(seen.add("a", 1));
  EXPECT_FALSE(seen.add("a", 2));
  EXPECT_TRUE(seen.add("b", 2));
  EXPECT_TRUE(seen.contains("b"));
  EXPECT_FALSE(seen.contains("c"));
  EXPECT_EQ(seen.bytes(), 2 * SeenValues::bytes_of("a"));
}

TEST(SeenValues, AnAbsentValueIsNotAnEmptyOne) {
  SeenValues seen;
  EXPECT_TRUE(seen.add("", 1));
  EXPECT_TRUE(seen.add(std::nullopt, 1));
  EXPECT_FALSE(seen.add("", 1));
  EXPECT_FALSE(seen.add(std::nullopt, 1));
}

TEST(SeenValues, ForgetsTheOldestFirst) {
  SeenValues seen;
  seen.add("a", 1);
  seen.add("bb", 2);
  seen.add(std::nullopt, 3);
  seen.forget(0);
  EXPECT_EQ(seen.oldest_us(), 1);
  seen.forget(2);
  EXPECT_EQ(seen.oldest_us(), 3);
  EXPECT_EQ(seen.bytes(), SeenValues::bytes_of(std::nullopt));
  EXPECT_FALSE(seen.contains("a"));
  EXPECT_TRUE(seen.add("a", 4));
  seen.forget(9);
  EXPECT_TRUE(seen.empty());
}

TEST(SeenValues, AreTheSameAfterSavingAndLoading) {
  SeenValues seen, loaded;
  seen.add("a", 1);
  seen.add(std::nullopt, 2);
  seen.add(std::string(3000, 'x'), 3);
  std::string saved;
  seen.save(saved);
  ASSERT_TRUE(loaded.load(saved));
  EXPECT_EQ(loaded.bytes(), seen.bytes());
  EXPECT_FALSE(loaded.add("a", 9));
  EXPECT_FALSE(loaded.add(std::nullopt, 9));
  std::string again;
  loaded.save(again);
  EXPECT_EQ(again, saved);
}

TEST(SeenValues, BytesThatNobodySavedAreRefused) {
  SeenValues seen;
  seen.add("abc", 1);
  std::string saved;
  seen.save(saved);
  for (size_t cut = 1; cut < saved.size(); ++cut) {
    EXPECT_FALSE(SeenValues().load(std::string_view(saved).substr(0, cut))) << cut;
  }
  EXPECT_FALSE(SeenValues().load(saved + saved));  // a value twice
}

}  // namespace
}  // namespace streamhost::core
