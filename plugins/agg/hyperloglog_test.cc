#include "hyperloglog.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "text_table.h"

namespace streamhost::agg {
namespace {

std::string saved(const HyperLogLog& sketch) {
  Saving to;
  sketch.save(to);
  return to.bytes();
}

TEST(HyperLogLog, IsExactForFew) {
  HyperLogLog sketch(12);
  EXPECT_EQ(sketch.count(), 0u);
  for (int i = 0; i < 256; ++i) {
    sketch.add(text_hash(std::to_string(i)));
    sketch.add(text_hash(std::to_string(i / 2)));
    EXPECT_EQ(sketch.count(), static_cast<uint64_t>(i + 1));
  }
}

// The mean square of relative errors over many sketches is what the paper promises.
TEST(HyperLogLog, TheStandardErrorIsAsThePaperSays) {
  for (const uint8_t precision : {uint8_t{6}, uint8_t{10}, uint8_t{14}}) {
    const double expected = 1.04 / std::sqrt(std::pow(2.0, precision));
    for (const int things : {2000, 20000, 200000}) {
      const int sketches = things == 200000 ? 12 : 40;
      double squares = 0;
      std::mt19937_64 random(precision * 1000003u + static_cast<unsigned>(things));
      for (int s = 0; s < sketches; ++s) {
        HyperLogLog sketch(precision);
        for (int i = 0; i < things; ++i) sketch.add(random());
        const double error = static_cast<double>(sketch.count()) / things - 1;
        EXPECT_LT(std::fabs(error), 4.5 * expected) << int{precision} << " " << things;
        squares += error * error;
      }
      EXPECT_LT(std::sqrt(squares / sketches), 1.6 * expected) << int{precision} << " " << things;
    }
  }
}

TEST(HyperLogLog, CountsTextsAsWell) {
  HyperLogLog sketch(14);
  for (int i = 0; i < 300000; ++i) sketch.add(text_hash("user-" + std::to_string(i)));
  EXPECT_NEAR(static_cast<double>(sketch.count()), 300000, 300000 * 4 * 1.04 / 128);
}

TEST(HyperLogLog, PartsMergeToTheSameSketch) {
  std::mt19937_64 random(7);
  for (const int things : {10, 60, 70, 5000}) {
    HyperLogLog all(10), a(10), b(10), c(10);
    for (int i = 0; i < things; ++i) {
      const uint64_t hash = random();
      all.add(hash);
      (i % 3 == 0 ? a : i % 3 == 1 ? b : c).add(hash);
      c.add(hash);
    }
    b.merge(c);
    a.merge(b);
    EXPECT_EQ(saved(a), saved(all)) << things;
  }
}

TEST(HyperLogLog, ComesBackFromItsBytes) {
  std::mt19937_64 random(8);
  HyperLogLog sketch(9);
  for (int i = 0; i < 1000; ++i) {
    const std::string bytes = saved(sketch);
    Loading from(bytes, "agg.distinct");
    HyperLogLog again = HyperLogLog::restore(from, 9);
    from.done();
    EXPECT_EQ(saved(again), bytes);
    EXPECT_EQ(again.count(), sketch.count());
    sketch.add(random());
  }
  const std::string bytes = saved(sketch);
  EXPECT_EQ(bytes.size(), 2u + 512 * 6 / 8);
  Loading from(bytes, "agg.distinct");
  EXPECT_THROW(HyperLogLog::restore(from, 10), Error);
}

}  // namespace
}  // namespace streamhost::agg
