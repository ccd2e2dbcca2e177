#include "sum.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace plugin_common {
namespace {

Number number(std::string_view text) {
  Number n{};
  EXPECT_TRUE(parse_number(text, &n)) << text;
  return n;
}

std::string written(const Sum& sum) {
  char text[kNumberRoom];
  return {text, sum.write(text)};
}

Sum sum_of(const std::vector<std::string>& texts) {
  Sum sum{};
  for (const std::string& text : texts) sum.add(number(text));
  return sum;
}

TEST(Unit, CountsWhatHasNoMoreDecimals) {
  Unit unit{};
  int64_t units = 0;
  EXPECT_FALSE(unit.chosen());
  EXPECT_FALSE(unit.count(number("1"), &units));
  unit.choose(2);
  EXPECT_TRUE(unit.count(number("-1.25"), &units));
  EXPECT_EQ(units, -125);
  EXPECT_TRUE(unit.count(number("3"), &units));
  EXPECT_EQ(units, 300);
  EXPECT_FALSE(unit.count(number("0.001"), &units));
  EXPECT_FALSE(unit.count(number("1e3"), &units));
  EXPECT_FALSE(unit.count(number("9223372036854775807"), &units)) << "too large in hundredths";
  EXPECT_EQ(unit.number(-125).as_double(), -1.25);
}

TEST(Sum, IsExactWhateverTheDecimalsAndTheirOrder) {
  EXPECT_EQ(written(Sum{}), "0");
  EXPECT_EQ(written(sum_of({"0.1", "0.2", "0.3"})), "0.6");
  EXPECT_EQ(written(sum_of({"0.001", "5", "0.25", "-1"})), "4.251");
  EXPECT_EQ(written(sum_of({"5", "0.25", "0.000000001", "-1"})), "4.250000001");
  EXPECT_EQ(sum_of({"5", "1e3"}).count(), 2);
}

TEST(Sum, GoesBeyond64BitsExactly) {
  const std::string most = "9223372036854775807", least = "-9223372036854775808";
  EXPECT_EQ(written(sum_of({most, most, most})), "27670116110564327421");
  EXPECT_EQ(written(sum_of({least, least, "1"})), "-18446744073709551615");
  EXPECT_EQ(written(sum_of({"0.5", most, "0.5"})), "9223372036854775808");
  EXPECT_EQ(written(sum_of({most, "0.000000001", least})), "-0.999999999");
  EXPECT_EQ(written(sum_of({most, "1", least})), "0");
}

TEST(Sum, TakesEverythingElseAsDoubles) {
  EXPECT_EQ(written(sum_of({"1e3", "0.5"})), "1000.5");
  EXPECT_EQ(written(sum_of({"0.5", "1e308", "1e308"})), "null");
  EXPECT_EQ(sum_of({"1e3", "1", "2"}).mean(), 1003.0 / 3);
}

TEST(Sum, IsTheSameHoweverItIsDividedAndMerged) {
  std::mt19937 random(5);
  std::vector<std::string> texts;
  Int128 expected = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto decimals = random() % 10;
    std::string text = std::to_string(static_cast<int32_t>(random()) / 10);
    if (decimals != 0) {
      text += "." + std::to_string(1'000'000'000 + random() % 1'000'000'000).substr(1, decimals);
    }
    texts.push_back(text);
    expected += number(text).billionths();
  }
  char buffer[kNumberRoom];
  const std::string all(buffer, write_billionths(buffer, expected));
  EXPECT_EQ(written(sum_of(texts)), all);
  for (const size_t parts : {2u, 3u, 7u}) {
    std::vector<Sum> sums(parts);
    for (const std::string& text : texts) sums[random() % parts].add(number(text));
    for (size_t i = 1; i < parts; ++i) sums[0].merge(sums[i]);
    EXPECT_EQ(written(sums[0]), all);
    EXPECT_EQ(sums[0].mean(), sum_of(texts).mean());
    EXPECT_EQ(sums[0].count(), 5000);
  }
}

}  // namespace
}  // namespace plugin_common
