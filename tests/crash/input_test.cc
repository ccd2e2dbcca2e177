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
