#include "dd_sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

namespace streamhost::agg {
namespace {

std::string saved(const DdScale& scale, const DdSketch& sketch) {
  Saving to;
  sketch.save(scale, to);
  return to.bytes();
}

using Draw = std::function<double(std::mt19937_64&)>;

const std::vector<std::pair<const char*, Draw>>& distributions() {
  static const std::vector<std::pair<const char*, Draw>> all = {
      {"uniform", [](auto& r) { return std::uniform_real_distribution<>(1, 1000)(r); }},
      {"normal about zero", [](auto& r) { return std::normal_distribution<>(0, 50)(r); }},
      {"lognormal", [](auto& r) { return std::lognormal_distribution<>(3, 2)(r); }},
      {"pareto",
       [](auto& r) { return std::pow(std::uniform_real_distribution<>(1e-9, 1)(r), -1 / 1.1); }},
      {"exponential", [](auto& r) { return std::exponential_distribution<>(0.01)(r); }},
      {"few integers",
       [](auto& r) { return static_cast<double>(std::uniform_int_distribution<>(-3, 3)(r)); }},
      {"two far humps",
       [](auto& r) {
         return (r() % 2 == 0 ? 1e-6 : 1e9) * std::uniform_real_distribution<>(1, 100)(r);
       }},
  };
  return all;
}

TEST(DdSketch, QuantilesAreWithinTheAccuracyForAllDistributions) {
  std::mt19937_64 random(3);
  for (const double accuracy : {0.05, 0.01, 0.001}) {
    const DdScale scale(accuracy, 65536);
    for (const auto& [name, draw] : distributions()) {
      DdSketch sketch;
      std::vector<double> all;
      for (int i = 0; i < 20000; ++i) {
        all.push_back(draw(random));
        sketch.add(scale, all.back());
      }
      std::sort(all.begin(), all.end());
      ASSERT_EQ(sketch.joins(), 0u);
      for (const double q : {0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0}) {
        const double exact = all[static_cast<size_t>(q * static_cast<double>(all.size() - 1))];
        EXPECT_NEAR(sketch.quantile(scale, q), exact, std::fabs(exact) * accuracy * (1 + 1e-9))
            << name << " " << q;
      }
    }
  }
}

TEST(DdSketch, JoiningBucketsWidensTheErrorEvenlyAndAsSaid) {
  std::mt19937_64 random(4);
  const DdScale scale(0.01, 128);
  DdSketch sketch;
  std::vector<double> all;
  for (int i = 0; i < 20000; ++i) {
    all.push_back(std::lognormal_distribution<>(0, 6)(random) * (i % 2 == 0 ? 1 : -1));
    sketch.add(scale, all.back());
  }
  std::sort(all.begin(), all.end());
  ASSERT_GT(sketch.joins(), 0u);
  const double error = scale.error(sketch.joins());
  EXPECT_LT(error, 0.7);
  EXPECT_NEAR(scale.error(0), 0.01, 1e-12);
  EXPECT_NEAR(scale.error(1), 2 * 0.01 / (1 + 0.01 * 0.01), 1e-12);
  for (double q = 0; q <= 1; q += 0.01) {
    const double exact = all[static_cast<size_t>(q * static_cast<double>(all.size() - 1))];
    EXPECT_NEAR(sketch.quantile(scale, q), exact, std::fabs(exact) * error * (1 + 1e-9)) << q;
  }
}

TEST(DdSketch, PartsMergeToTheSameSketchInAnyOrder) {
  std::mt19937_64 random(5);
  for (const uint32_t buckets : {64u, 300u, 2048u}) {
    const DdScale scale(0.01, buckets);
    std::vector<DdSketch> parts(7);
    DdSketch all;
    for (int i = 0; i < 10000; ++i) {
      const double x = std::lognormal_distribution<>(0, 4)(random) * (i % 3 == 0 ? -1 : 1);
      all.add(scale, x);
      parts[random() % parts.size()].add(scale, x);
    }
    while (parts.size() > 1) {
      const size_t from = random() % parts.size();
      const DdSketch taken = parts[from];
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(from));
      parts[random() % parts.size()].merge(scale, taken);
    }
    EXPECT_EQ(saved(scale, parts[0]), saved(scale, all)) << buckets;
  }
}

TEST(DdSketch, TakesEveryFiniteNumber) {
  using Limits = std::numeric_limits<double>;
  const std::vector<double> edges = {
      -Limits::max(), -1, -Limits::denorm_min(), 0, -0.0, Limits::denorm_min(),
      Limits::min(),  1,  Limits::max()};
  for (const double accuracy : {DdScale::kFinest, 0.01, 0.5}) {
    const DdScale scale(accuracy, 2048);
    for (const double edge : edges) {
      DdSketch one;
      one.add(scale, edge);
      EXPECT_EQ(one.quantile(scale, 0.5), edge);
      DdSketch three;
      three.add(scale, edge);
      three.add(scale, -Limits::max());
      three.add(scale, Limits::max());
      EXPECT_NEAR(three.quantile(scale, 0.5) / 2, edge / 2, std::fabs(edge) * accuracy);
    }
  }
}

TEST(DdSketch, ComesBackFromItsBytesAndShrinksToTheBucketsAllowed) {
  const DdScale scale(0.01, 2048), small(0.01, 64), other(0.02, 2048);
  DdSketch sketch;
  for (int i = -1000; i < 5000; ++i) sketch.add(scale, i * 0.5);
  const std::string bytes = saved(scale, sketch);
  Loading from(bytes, "agg.quantile");
  EXPECT_EQ(saved(scale, DdSketch::restore(scale, from)), bytes);
  from.done();
  Loading again(bytes, "agg.quantile");
  const DdSketch shrunk = DdSketch::restore(small, again);
  EXPECT_GT(shrunk.joins(), 0u);
  EXPECT_EQ(shrunk.count(), 6000u);
  Loading wrong(bytes, "agg.quantile");
  EXPECT_THROW(DdSketch::restore(other, wrong), Error);
}

}  // namespace
}  // namespace streamhost::agg
