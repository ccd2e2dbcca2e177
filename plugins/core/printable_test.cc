#include "printable.h"

#include <gtest/gtest.h>

namespace streamhost::core {
namespace {

TEST(Printable, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(printable("Grüße, 世界 😀", 100), "Grüße, 世界 😀");
  EXPECT_EQ(printable("", 100), "");
}

TEST(Printable, KeepsEverythingOnOneLine) {
  EXPECT_EQ(printable("a\nb\r\tc", 100), "a\\nb\\r\\tc");
  EXPECT_EQ(printable(std::string_view("\0\x1b[31m\x7f", 7), 100), "\\x00\\x1B[31m\\x7F");
}

TEST(Printable, ShowsBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("\xff\xc3(", 100), "\\xFF\\xC3(");
  EXPECT_EQ(printable("\xc0\xaf", 100), "\\xC0\\xAF");           // overlong
  EXPECT_EQ(printable("\xed\xa0\x80", 100), "\\xED\\xA0\\x80");  // a surrogate
}

TEST(Printable, CutsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcdef... (7 bytes)");
  EXPECT_EQ(printable("aü", 2), "a... (3 bytes)");
}

}  // namespace
}  // namespace streamhost::core
