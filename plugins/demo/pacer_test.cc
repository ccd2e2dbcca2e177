#include "pacer.h"

#include <gtest/gtest.h>

namespace streamhost::demo {
namespace {

TEST(Pacer, LetsEverythingThroughWithoutARate) { EXPECT_EQ(Pacer(0).take(5, 1000), 1000u); }

TEST(Pacer, LetsTheFirstThroughAtOnceAndTheOthersWhenTheyAreDue) {
  Pacer pacer(10);
  EXPECT_EQ(pacer.take(1'000'000, 100), 1u);
  EXPECT_EQ(pacer.take(1'099'999, 100), 0u);
  EXPECT_EQ(pacer.next_us(1'000'000), 1'100'000);
  EXPECT_EQ(pacer.take(1'100'000, 100), 1u);
  EXPECT_EQ(pacer.take(2'000'000, 100), 9u);
}

TEST(Pacer, MakesUpForDelaysWithinTheBudget) {
  Pacer pacer(1000);
  EXPECT_EQ(pacer.take(0, 10), 1u);
  EXPECT_EQ(pacer.take(100'000, 10), 10u);
  EXPECT_EQ(pacer.take(100'000, 1000), 90u);
}

TEST(Pacer, GivesTheDueCountWhateverTheSteps) {
  Pacer pacer(12345.6);
  uint64_t sum = 0;
  for (int64_t now = 0; now <= 10'000'000; now += 137) sum += pacer.take(now, 1'000'000);
  EXPECT_NEAR(static_cast<double>(sum), 123456, 3);
}

TEST(Pacer, AsksNotToBeCalledForEachRecordOfAHighRate) {
  Pacer pacer(1e6);
  pacer.take(50, 1);
  EXPECT_EQ(pacer.next_us(50), 50 + Pacer::kStep);
}

}  // namespace
}  // namespace streamhost::demo
