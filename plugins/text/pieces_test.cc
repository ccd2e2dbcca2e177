#include "pieces.h"

#include <gtest/gtest.h>

#include "regex.h"

namespace streamhost::text {
namespace {

using Pieces = std::vector<std::string_view>;

Pieces at_separator(const char* separator, std::string_view text) {
  return Cutter(separator).cut(text);
}
Pieces at_pattern(const char* pattern, std::string_view text) {
  return Cutter(compile("pattern", pattern, 1 << 20)).cut(text);
}

TEST(Pieces, OfASeparatorKeepEmptyOnes) {
  EXPECT_EQ(at_separator(",", "a,,b,"), (Pieces{"a", "", "b", ""}));
  EXPECT_EQ(at_separator("--", "a--b---c"), (Pieces{"a", "b", "-c"}));
  EXPECT_EQ(at_separator(",", "abc"), Pieces{"abc"});
  EXPECT_EQ(at_separator(",", ""), Pieces{""});
  EXPECT_EQ(at_separator(",", ","), (Pieces{"", ""}));
}

TEST(Pieces, OfAPatternKeepEmptyOnes) {
  EXPECT_EQ(at_pattern(R"(\s*,\s*)", "a , b,,c"), (Pieces{"a", "b", "", "c"}));
  EXPECT_EQ(at_pattern("[;|]", "x"), Pieces{"x"});
  EXPECT_EQ(at_pattern("[;|]", ""), Pieces{""});
  EXPECT_EQ(at_pattern("[;|]", "|"), (Pieces{"", ""}));
}

TEST(Pieces, AreNotCutWhereThePatternMatchesNothing) {
  EXPECT_EQ(at_pattern("-*", "ab--c"), (Pieces{"ab", "c"}));
  EXPECT_EQ(at_pattern("", "abc"), Pieces{"abc"});
}

}  // namespace
}  // namespace streamhost::text
