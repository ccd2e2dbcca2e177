#include "cluster/printable.h"

#include <gtest/gtest.h>

namespace streamhost::cluster {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  EXPECT_EQ(printable("", 10), "");
  EXPECT_EQ(printable("C:\\a \"b\" Größe 語", 100), "C:\\a \"b\" Größe 語");
}

TEST(Printable, TakesOutWhatATerminalObeys) {
  EXPECT_EQ(printable("a\x1b[31mb\nc\x7f\r\t" + std::string(1, '\0'), 100), "a?[31mb?c????");
  EXPECT_EQ(printable("a\xc2\x9b"
                      "31mb\xc2\xa0",
                      100),
            "a??31mb\xc2\xa0");
  EXPECT_EQ(printable("a\xff\xc2", 100), "a\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Printable, IsNeverLongerThanAskedFor) {
  EXPECT_EQ(printable("abcdefgh", 8), "abcdefgh");
  EXPECT_EQ(printable("abcdefghi", 8), "abcde...");
  EXPECT_EQ(printable("abcdäöü", 8), "abcd...");
  for (size_t most = 0; most < 20; ++most) {
    EXPECT_LE(printable(std::string(40, '\xff'), most).size(), most);
    EXPECT_LE(printable("äöüäöüäöüäöü", most).size(), most);
  }
}

TEST(Excerpt, ShowsWhereItIsCut) {
  EXPECT_EQ(excerpt("abcdef", 0, 6), "abcdef");
  EXPECT_EQ(excerpt("abcdef", 0, 3), "abc...");
  EXPECT_EQ(excerpt("abcdef", 2, 2), "...cd...");
  EXPECT_EQ(excerpt("abcdef", 4, 10), "...ef");
  EXPECT_EQ(excerpt("äöü", 3, 2), "...ö...");
}

}  // namespace
}  // namespace streamhost::cluster
