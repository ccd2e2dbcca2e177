#include "digits.h"

#include <gtest/gtest.h>

#include <string>

namespace streamhost::demo {
namespace {

TEST(Digits, AreWrittenEightAtATime) {
  const auto digits = [](uint32_t value) {
    char to[8];
    write_eight_digits(value, to);
    return std::string(to, 8);
  };
  EXPECT_EQ(digits(0), "00000000");
  EXPECT_EQ(digits(12345678), "12345678");
  EXPECT_EQ(digits(99999999), "99999999");
  for (uint32_t v = 0; v < 100'000'000; v += 9973) {
    const std::string text = std::to_string(v);
    ASSERT_EQ(digits(v), std::string(8 - text.size(), '0') + text);
  }
}

TEST(Digits, OfACounterFollowItAcrossEveryWidth) {
  for (const uint64_t start :
       {uint64_t{0}, uint64_t{95}, uint64_t{99'999'990}, uint64_t{9'999'999'999'999'990},
        uint64_t{9'223'372'036'854'775'000}}) {
    for (const uint32_t step : {1u, 7u, 65536u}) {
      Counter counter(start);
      uint64_t value = start;
      for (int i = 0; i < 300; ++i, value += step, counter.add(step)) {
        const std::string text(counter.text() + Counter::kDigits - counter.width(),
                               counter.width());
        ASSERT_EQ(text, std::to_string(value));
        ASSERT_EQ(std::string(counter.text(), Counter::kDigits),
                  std::string(Counter::kDigits - text.size(), '0') + text);
      }
    }
  }
}

}  // namespace
}  // namespace streamhost::demo
