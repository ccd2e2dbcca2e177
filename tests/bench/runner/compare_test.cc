#include "compare.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace bench {
namespace {

// A file in the test's temporary folder.
std::string file(const std::string& name, const std::string& content) {
  const std::string path =
      testing::TempDir() + std::to_string(::getpid()) + "_bench_compare_" + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

TEST(Compare, TheOrderOfLinesDoesNotCount) {
  EXPECT_EQ(difference(Compare::lines, file("a", "x\t1\ny\t2\n"), file("b", "y\t2\nx\t1\n")), "");
}

TEST(Compare, ALineThatIsMissingOrChangedOrThereTwiceIsFound) {
  const std::string right = file("a", "x\t1\ny\t2\n");
  EXPECT_NE(difference(Compare::lines, right, file("b", "x\t1\n")), "");
  EXPECT_NE(difference(Compare::lines, right, file("b", "x\t1\ny\t3\n")), "");
  EXPECT_NE(difference(Compare::lines, right, file("b", "x\t1\nx\t1\n")), "");
}

TEST(Compare, CountsOfSeveralPartsAreAddedUp) {
  EXPECT_EQ(difference(Compare::counts, file("a", "30 300\n"), file("b", "10 100\n20 200\n")), "");
  EXPECT_EQ(difference(Compare::counts, file("a", "30 300\n"), file("b", "10 100\n20 199\n")),
            "the loop handled 30 records, 300 bytes; the host 30 records, 299 bytes");
}

TEST(Compare, StatsAreReadFromColumnsAndFromJson) {
  const std::string loop = file("a", "Oslo\t2\t-1.5\t0.25\t2\n");
  const std::string same =
      file("b", "Oslo\t{\"count\":2,\"min\":-1.5,\"mean\":0.2500000001,\"max\":2.0}\n");
  const std::string other =
      file("c", "Oslo\t{\"count\":2,\"min\":-1.5,\"mean\":0.26,\"max\":2.0}\n");
  EXPECT_EQ(difference(Compare::stats, loop, same), "");
  EXPECT_EQ(difference(Compare::stats, loop, other), "the numbers of Oslo differ");
}

TEST(Compare, AResultThatWasNotWrittenIsAnError) {
  const std::string right = file("a", "x\t1\n");
  EXPECT_THROW(difference(Compare::lines, right, right + ".missing"), std::runtime_error);
}

TEST(Compare, CountsAreTheSecondColumn) {
  EXPECT_EQ(sum_of_counts(file("a", "x\t1\ny\t22\n")), 23u);
}

}  // namespace
}  // namespace bench
