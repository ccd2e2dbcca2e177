#include "extreme.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace plugin_common {
namespace {

template <bool kGreatest>
Extreme<kGreatest> extreme_of(const std::vector<std::string>& texts) {
  Extreme<kGreatest> all{};
  for (const std::string& text : texts) {
    Number n{};
    EXPECT_TRUE(parse_number(text, &n)) << text;
    all.add(n);
  }
  return all;
}

template <class Extreme>
std::string written(const Extreme& extreme) {
  char text[kNumberRoom];
  return {text, extreme.write(text)};
}

std::string least(const std::vector<std::string>& t) { return written(extreme_of<false>(t)); }
std::string greatest(const std::vector<std::string>& t) { return written(extreme_of<true>(t)); }

TEST(Extreme, OfNothingIsNothing) {
  EXPECT_EQ(least({}), "");
  Number n{};
  EXPECT_FALSE(Extreme<true>{}.get(&n));
}

TEST(Extreme, IsFoundAmongAllForms) {
  EXPECT_EQ(least({"3", "2.5", "1e3", "2.25"}), "2.25");
  EXPECT_EQ(greatest({"3", "2.5", "1e3", "2.25"}), "1000");
  EXPECT_EQ(greatest({"-1.5", "-0.25", "-7"}), "-0.25");
  EXPECT_EQ(least({"9223372036854775807", "9223372036854775806"}), "9223372036854775806");
  EXPECT_EQ(greatest({"-0.000000001", "-1"}), "-1e-09");
}

TEST(Extreme, MergesWithoutChangingTheOther) {
  auto a = extreme_of<true>({"1.5", "2"});
  const auto b = extreme_of<true>({"2.75", "1"});
  a.merge(b);
  EXPECT_EQ(written(a), "2.75");
  EXPECT_EQ(written(b), "2.75");
  a.merge(Extreme<true>{});
  EXPECT_EQ(written(a), "2.75");
}

}  // namespace
}  // namespace plugin_common
