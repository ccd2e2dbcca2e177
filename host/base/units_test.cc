#include "base/units.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace streamhost {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

int64_t duration(std::string_view text) {
  const auto result = parse_duration(text);
  EXPECT_TRUE(result) << result.status().message();
  return result ? *result : -1;
}

int64_t bytes_of(std::string_view text) {
  const auto result = parse_size(text);
  EXPECT_TRUE(result) << result.status().message();
  return result ? *result : -1;
}

std::string duration_error(std::string_view text) {
  return parse_duration(text).status().message();
}
std::string size_error(std::string_view text) { return parse_size(text).status().message(); }

TEST(Duration, EachUnitIsRead) {
  EXPECT_EQ(duration("7us"), 7);
  EXPECT_EQ(duration("250ms"), 250'000);
  EXPECT_EQ(duration("10s"), 10'000'000);
  EXPECT_EQ(duration("1m"), 60'000'000);
  EXPECT_EQ(duration("3h"), 10'800'000'000);
  EXPECT_EQ(duration("2d"), 172'800'000'000);
  EXPECT_EQ(duration("0s"), 0);
}

TEST(Duration, UnitsMayBeCombined) {
  EXPECT_EQ(duration("2h30m"), 9'000'000'000);
  EXPECT_EQ(duration("1m30s"), 90'000'000);
  EXPECT_EQ(duration("1d1h1m1s1ms1us"), 90'061'001'001);
}

TEST(Duration, TheLastNumberMayHaveAFraction) {
  EXPECT_EQ(duration("1.5s"), 1'500'000);
  EXPECT_EQ(duration("0.000001s"), 1);
  EXPECT_EQ(duration("1h0.5m"), 3'630'000'000);
  EXPECT_EQ(duration("1.500000000000000s"), 1'500'000);
  EXPECT_EQ(duration_error("1.5h30m"),
            "\"1.5h30m\" is not a duration: only the last number may have a fraction");
  EXPECT_EQ(duration_error("1.5us"), "\"1.5us\" is not a duration: it is finer than a microsecond");
}

TEST(Duration, WhatIsNoDurationIsRefused) {
  for (const char* text : {"", "10", "s", "-1s", "+1s", " 1s", "1s ", "1 s", "1S", "1sec", "1.s",
                           ".5s", "1..5s", "1e3s", "1s,5ms", "1µs", "0x1s", "1s1"}) {
    EXPECT_EQ(parse_duration(text).status().code(), Code::kUsage) << text;
  }
  EXPECT_EQ(duration_error("10"),
            "\"10\" is not a duration: write numbers with units (us ms s m h d), such as "
            "\"250ms\", \"10s\", \"2h30m\"");
}

TEST(Duration, UnitsComeLargestFirstAndOnce) {
  for (const char* text : {"30m2h", "1s1s", "1ms1s"}) {
    EXPECT_EQ(duration_error(text), "\"" + std::string(text) +
                                        "\" is not a duration: larger units come first, and each "
                                        "once");
  }
}

TEST(Duration, WhatDoesNotFitIsRefused) {
  EXPECT_EQ(duration("9223372036854775807us"), kMax);
  for (const char* text : {"9223372036854775808us", "99999999999999999999999s", "106751992d",
                           "106751991d4h54.775808s1us", "9223372036854775807us1us"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_EQ(duration_error("106751992d"), "\"106751992d\" is not a duration: it is too long");
}

TEST(Duration, IsWrittenInAShortForm) {
  EXPECT_EQ(format_duration(0), "0s");
  EXPECT_EQ(format_duration(1), "1us");
  EXPECT_EQ(format_duration(250'000), "250ms");
  EXPECT_EQ(format_duration(1'500), "1.5ms");
  EXPECT_EQ(format_duration(1'500'000), "1.5s");
  EXPECT_EQ(format_duration(10'000'000), "10s");
  EXPECT_EQ(format_duration(9'000'000'000), "2h30m");
  EXPECT_EQ(format_duration(90'061'001'001), "1d1h1m1.001001s");
  EXPECT_EQ(format_duration(-1'500'000), "-1.5s");
  EXPECT_EQ(format_duration(kMin).front(), '-');
}

TEST(Duration, ReadsBackWhatItWrites) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const auto us = static_cast<int64_t>(random() >> (1 + random() % 63));
    EXPECT_EQ(duration(format_duration(us)), us) << format_duration(us);
  }
  EXPECT_EQ(duration(format_duration(kMax)), kMax);
}

TEST(Size, EachUnitIsRead) {
  EXPECT_EQ(bytes_of("512"), 512);
  EXPECT_EQ(bytes_of("0"), 0);
  EXPECT_EQ(bytes_of("1B"), 1);
  EXPECT_EQ(bytes_of("10KB"), 10'000);
  EXPECT_EQ(bytes_of("10MB"), 10'000'000);
  EXPECT_EQ(bytes_of("1GB"), 1'000'000'000);
  EXPECT_EQ(bytes_of("1TB"), 1'000'000'000'000);
  EXPECT_EQ(bytes_of("64KiB"), 65'536);
  EXPECT_EQ(bytes_of("1MiB"), 1 << 20);
  EXPECT_EQ(bytes_of("1GiB"), 1 << 30);
  EXPECT_EQ(bytes_of("2TiB"), int64_t{2} << 40);
}

TEST(Size, AFractionMustComeOutEven) {
  EXPECT_EQ(bytes_of("1.5KiB"), 1536);
  EXPECT_EQ(bytes_of("0.25MiB"), 262'144);
  EXPECT_EQ(size_error("1.5"), "\"1.5\" is not a size: it is no whole number of bytes");
  EXPECT_EQ(size_error("0.0001KB"), "\"0.0001KB\" is not a size: it is no whole number of bytes");
}

TEST(Size, WhatIsNoSizeIsRefused) {
  for (const char* text : {"", "KiB", "-1", "1 KiB", "1kib", "1K", "1KiBB", "1KiB1B", "1e3", "0x10",
                           "64Kib", "1.", "many"}) {
    EXPECT_EQ(parse_size(text).status().code(), Code::kUsage) << text;
  }
  EXPECT_EQ(size_error("64kb"),
            "\"64kb\" is not a size: write a number and a unit (B KB MB GB TB KiB MiB GiB TiB), "
            "such as \"64KiB\", \"10MB\"");
}

TEST(Size, WhatDoesNotFitIsRefused) {
  EXPECT_EQ(bytes_of("9223372036854775807"), kMax);
  EXPECT_EQ(size_error("9223372036854775808"),
            "\"9223372036854775808\" is not a size: it is too large");
  EXPECT_FALSE(parse_size("8388608TiB"));
  EXPECT_EQ(bytes_of("8388607TiB"), int64_t{8388607} << 40);
}

TEST(Size, IsWrittenInAShortForm) {
  EXPECT_EQ(format_size(0), "0B");
  EXPECT_EQ(format_size(512), "512B");
  EXPECT_EQ(format_size(65'536), "64KiB");
  EXPECT_EQ(format_size(10'000'000), "10MB");
  EXPECT_EQ(format_size(256 << 20), "256MiB");
  EXPECT_EQ(format_size(1'234'567), "1234567B");
  EXPECT_EQ(format_size(-2048), "-2KiB");
}

TEST(Size, ReadsBackWhatItWrites) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 10'000; ++i) {
    auto bytes = static_cast<int64_t>(random() >> (1 + random() % 63));
    if (i % 2 == 0) bytes &= ~int64_t{1023};
    EXPECT_EQ(bytes_of(format_size(bytes)), bytes) << format_size(bytes);
  }
}

}  // namespace
}  // namespace streamhost
