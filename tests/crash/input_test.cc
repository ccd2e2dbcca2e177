#include "crash/input.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "support/process.h"

namespace streamhost::crash {
namespace {

TEST(CrashInput, IsTheSameForTheSameSeedAndAnotherForAnother) {
  const auto lines = [](uint64_t seed) {
    Random random(seed);
    return keyed_lines(random, 2, 50, 7).at(1).lines;
  };
  EXPECT_EQ(lines(1), lines(1));
  EXPECT_NE(lines(1), lines(2));
}

TEST(CrashInput, EveryValueIsThereOnceAndNoKeyIsInTwoFiles) {
  Random random(1);
  std::set<std::string> values;
  std::map<std::string, std::string> file_of_key;
  for (const InputFile& file : keyed_lines(random, 3, 200, 20)) {
    for (const std::string& line : file.lines) {
      const size_t cut = line.find(';');
      EXPECT_TRUE(values.insert(line.substr(cut + 1)).second) << line;
      EXPECT_EQ(file_of_key.emplace(line.substr(0, cut), file.name).first->second, file.name);
    }
  }
  EXPECT_EQ(values.size(), 600U);
  EXPECT_GT(file_of_key.size(), 30U);
}

TEST(CrashInput, PartsMakeUpTheWhole) {
  Random random(3);
  const Input input = csv_rows(random, 2, 100, 5);
  const testing::TempDir parts, whole;
  for (size_t i = 0; i < 3; ++i) append_part(input, parts.path(), i, 3);
  append_part(input, whole.path(), 0, 1);
  for (const InputFile& file : input) {
    const std::string text = testing::read_file(whole.path() / file.name);
    EXPECT_EQ(testing::read_file(parts.path() / file.name), text);
    EXPECT_EQ(text.substr(0, 10), "key,value\n");
  }
  EXPECT_EQ(line_count(input), 202U);
}

size_t time_of(const std::string& line) {
  return std::stoull(line.substr(line.find("\"ts\":") + 5));
}

TEST(CrashInput, TimedLinesAreOutOfOrderWithinBoundsAndEachTimeIsThereOnce) {
  Random random(5);
  const Timing timing;
  std::set<size_t> times;
  size_t earlier = 0;
  for (const InputFile& file : timed_lines(random, "in", 3, 2000, 20, true, timing)) {
    size_t largest = 0;
    for (const std::string& line : file.lines) {
      const size_t time = time_of(line);
      EXPECT_TRUE(times.insert(time).second) << line;
      EXPECT_GE(time + timing.disorder_us + 200'000, largest) << line;
      if (time < largest) ++earlier;
      largest = std::max(largest, time);
    }
  }
  EXPECT_EQ(times.size(), 6000U);
  EXPECT_GT(earlier, 1000U);
}

TEST(CrashInput, SingleLinesHaveEachKeyAtMostOnce) {
  Random random(5);
  std::set<std::string> keys;
  size_t lines = 0;
  for (const InputFile& file : single_lines(random, "in", 2, 1000)) {
    lines += file.lines.size();
    for (const std::string& line : file.lines) keys.insert(line.substr(0, line.find(",\"ts")));
  }
  EXPECT_EQ(keys.size(), lines);
  EXPECT_LT(lines, 900U);
  EXPECT_GT(lines, 700U);
}

TEST(CrashInput, BelowStaysBelowAndUnitWithinOne) {
  Random random(9);
  std::set<size_t> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(random.below(3));
    EXPECT_GE(random.unit(), 0.0);
    EXPECT_LT(random.unit(), 1.0);
  }
  EXPECT_EQ(seen, (std::set<size_t>{0, 1, 2}));
}

}  // namespace
}  // namespace streamhost::crash
