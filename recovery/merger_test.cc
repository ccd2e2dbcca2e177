#include "recovery/merger.h"

#include <gtest/gtest.h>

#include <numeric>

namespace streamhost::recovery {
namespace {

RunRow run_of(int64_t rows, int64_t bytes, int64_t erased = 0) {
  RunRow run;
  run.rows = rows;
  run.bytes = bytes;
  run.erased = erased;
  return run;
}

TEST(WorthMerging, OneRunIsNot) {
  EXPECT_TRUE(worth_merging({}).empty());
  EXPECT_TRUE(worth_merging({run_of(10, 1000)}).empty());
}

TEST(WorthMerging, AFewSmallRunsOnALargeOneAreNot) {
  EXPECT_TRUE(
      worth_merging({run_of(1'000'000, 100'000'000), run_of(10, 1000), run_of(10, 1000)}).empty());
}

TEST(WorthMerging, HalfOfTheOldestReplacedIs) {
  EXPECT_EQ(worth_merging({run_of(10'000, 10'000'000), run_of(5'000, 5'000'000)}).size(), 2u);
}

TEST(WorthMerging, HalfOfTheOldestErasedIsThoughThatTakesFewBytes) {
  EXPECT_EQ(worth_merging({run_of(10'000, 10'000'000), run_of(5'000, 100'000, 5'000)}).size(), 2u);
  EXPECT_TRUE(worth_merging({run_of(10'000, 10'000'000), run_of(500, 10'000, 500)}).empty());
}

TEST(WorthMerging, ManySmallRunsBecomeOneBesidesTheLargeOne) {
  std::vector<RunRow> runs = {run_of(1'000'000, 100'000'000)};
  for (int i = 0; i < 11; ++i) runs.push_back(run_of(10, 1000));
  EXPECT_EQ(worth_merging(runs).size(), 11u);
}

// Thousands of small runs, one after the other.
TEST(WorthMerging, KeepsRunsFewAndWritesLittle) {
  std::vector<RunRow> runs = {run_of(1'000'000, 30'000'000)};
  int64_t written = 0, most = 0, added = 0;
  for (int epoch = 0; epoch < 20'000; ++epoch) {
    runs.push_back(run_of(100, 3'000));
    added += 3'000;
    const size_t merged = worth_merging(runs).size();
    if (merged > 0) {
      RunRow into;
      for (size_t i = runs.size() - merged; i < runs.size(); ++i) {
        into.rows += runs[i].rows;
        into.bytes += runs[i].bytes;
      }
      written += into.bytes;
      runs.resize(runs.size() - merged);
      // All keys are among the first million.
      into.bytes = std::min<int64_t>(into.bytes, 30'000'000);
      runs.push_back(into);
    }
    most = std::max(most, static_cast<int64_t>(runs.size()));
  }
  EXPECT_LE(most, 12);
  EXPECT_LE(written, added * 12);
}

}  // namespace
}  // namespace streamhost::recovery
