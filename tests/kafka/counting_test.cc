#include "kafka/counting.h"

#include <gtest/gtest.h>

namespace streamhost::kafka_test {
namespace {

Row row(const std::string& key, int number, int partition = 0) {
  const std::string text = std::to_string(number);
  return {partition, 0, 0, key, text + "\t" + text, {}};
}

const Counts kFed = {{"a", 2}, {"b", 1}};

TEST(Judge, LetsPassWhatIsRight) {
  EXPECT_TRUE(judge(kFed, {row("a", 1), row("b", 1), row("a", 2)}).right());
  EXPECT_TRUE(judge(kFed, {row("b", 1, 1), row("a", 1), row("a", 2)}).right());
}

TEST(Judge, SeesWhatIsLost) {
  const Verdict verdict = judge(kFed, {row("a", 2)});
  EXPECT_EQ(verdict.lost, 2);
  EXPECT_EQ(verdict.doubled + verdict.disordered + verdict.wrong, 0);
  EXPECT_EQ(verdict.example, "lost, a 1");
}

TEST(Judge, SeesWhatIsDouble) {
  const Verdict verdict =
      judge(kFed, {row("a", 1), row("a", 2), row("b", 1), row("a", 1), row("a", 2)});
  EXPECT_EQ(verdict.doubled, 2);
  EXPECT_EQ(verdict.lost + verdict.disordered + verdict.wrong, 0);
}

TEST(Judge, SeesWhatIsOutOfOrder) {
  const Verdict verdict = judge(kFed, {row("a", 2), row("a", 1), row("b", 1)});
  EXPECT_EQ(verdict.disordered, 1);
  EXPECT_EQ(verdict.lost + verdict.doubled + verdict.wrong, 0);
}

TEST(Judge, SeesAStateThatCountedTwiceAndAKeyThatMoved) {
  Row twice = row("b", 1);
  twice.value = "1\t2";
  EXPECT_EQ(judge(kFed, {row("a", 1), row("a", 2), twice}).wrong, 1);
  EXPECT_EQ(judge(kFed, {row("a", 1), row("a", 2, 1), row("b", 1)}).wrong, 1);
  EXPECT_EQ(judge(kFed, {row("a", 1), row("a", 2), row("b", 1), row("c", 1)}).wrong, 1);
}

}  // namespace
}  // namespace streamhost::kafka_test
