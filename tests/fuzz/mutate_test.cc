#include "mutate.h"

#include <gtest/gtest.h>

#include <set>

namespace streamhost::testing {
namespace {

const std::vector<std::string> kExamples = {"a = 1\n", "[table]\nkey = \"value\"\n", ""};

TEST(Mutate, TheSameSeedGivesTheSameInputs) {
  std::mt19937_64 one(5), two(5);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(mutate(kExamples, 4096, one), mutate(kExamples, 4096, two));
  }
}

TEST(Mutate, InputsAreVariousAndNotTooLong) {
  std::mt19937_64 random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 5000; ++i) {
    const std::string input = mutate(kExamples, 100, random);
    ASSERT_LE(input.size(), 100U);
    seen.insert(input);
  }
  EXPECT_GT(seen.size(), 3000U);
}

}  // namespace
}  // namespace streamhost::testing
