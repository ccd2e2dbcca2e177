#include "text_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "text_set.h"

namespace streamhost::agg {
namespace {

TEST(TextTable, KnowsWhatItHas) {
  std::mt19937 random(1);
  TextTable table;
  std::map<std::string, uint32_t> expected;
  for (int i = 0; i < 20000; ++i) {
    const std::string text = std::to_string(random() % 5000);
    const auto [at, added] = expected.try_emplace(text, table.size());
    EXPECT_EQ(table.add(text), at->second);
    EXPECT_EQ(table.size(), expected.size());
  }
  for (const auto& [text, number] : expected) EXPECT_EQ(table[number], text);
}

TEST(TextTable, TheEmptyTextIsATextToo) {
  TextTable table;
  EXPECT_EQ(table.add(""), 0u);
  EXPECT_EQ(table.add("a"), 1u);
  EXPECT_EQ(table.add(""), 0u);
  EXPECT_EQ(table[0], "");
}

TEST(TextTable, RefusesMoreThanItMayHold) {
  TextTable table;
  const std::string half(TextTable::kMostBytes / 2, 'x');
  EXPECT_EQ(table.add(half), 0u);
  EXPECT_EQ(table.add(half + "y"), std::nullopt);
  EXPECT_EQ(table.add(half), 0u) << "what is there needs no room";
  EXPECT_EQ(table.add("y"), 1u);
}

TEST(TextTable, TheHashIsTheSameEverywhere) {
  // Saved sketches depend on it.
  EXPECT_EQ(text_hash(""), 0x2d06800538d394c2u);
  EXPECT_EQ(text_hash("\"a\""), text_hash(std::string("\"a\"")));
}

TEST(TextSet, SavesTheSameBytesWhateverTheOrder) {
  TextSet a, b;
  for (const char* text : {"3", "1", "2"}) a.add(text);
  for (const char* text : {"2", "1", "1", "3"}) b.add(text);
  Saving x, y;
  a.save(x);
  b.save(y);
  EXPECT_EQ(x.bytes(), y.bytes());
  a.keep_least(2);
  EXPECT_EQ(a.least(), (std::vector<std::string_view>{"1", "2"}));
}

}  // namespace
}  // namespace streamhost::agg
