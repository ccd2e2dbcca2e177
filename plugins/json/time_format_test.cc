#include "time_format.h"

#include <gtest/gtest.h>

#include <streamhost/sdk.hpp>

namespace streamhost::json {
namespace {

constexpr int64_t kMayFirst = 1'714'557'600'000'000;  // 2024-05-01T10:00:00Z
constexpr int64_t kBad = INT64_MIN;

int64_t rfc3339(std::string_view text) { return parse_rfc3339(text).value_or(kBad); }
int64_t parse(const char* format, std::string_view text, bool quoted) {
  return TimeFormat(format).parse(text, quoted).value_or(kBad);
}

TEST(JsonTime, ReadsRfc3339) {
  EXPECT_EQ(rfc3339("2024-05-01T10:00:00Z"), kMayFirst);
  EXPECT_EQ(rfc3339("2024-05-01 10:00:00z"), kMayFirst);
  EXPECT_EQ(rfc3339("2024-05-01T12:30:00+02:30"), kMayFirst);
  EXPECT_EQ(rfc3339("2024-05-01T05:00:00-05:00"), kMayFirst);
  EXPECT_EQ(rfc3339("2024-05-01T10:00:00.25Z"), kMayFirst + 250'000);
  EXPECT_EQ(rfc3339("2024-05-01T10:00:00.123456789Z"), kMayFirst + 123'456);
  EXPECT_EQ(rfc3339("1969-12-31T23:59:59Z"), -1'000'000);
  EXPECT_EQ(rfc3339("2024-02-29T00:00:00Z"), 1'709'164'800'000'000);
}

TEST(JsonTime, RefusesWhatIsNoTime) {
  for (const char* bad :
       {"", "2024-05-01", "2024-05-01T10:00:00", "2024-13-01T10:00:00Z", "2023-02-29T00:00:00Z",
        "2024-05-01T24:00:00Z", "2024-05-01T10:00:00.Z", "2024-05-01T10:00:00Zjunk",
        "2024-05-01T10:00:00+2:00", "yesterday at ten o'clock"}) {
    EXPECT_EQ(rfc3339(bad), kBad) << bad;
  }
}

TEST(JsonTime, ReadsUnixTimesInTheirUnit) {
  EXPECT_EQ(parse("unix", "1714557600", false), kMayFirst);
  EXPECT_EQ(parse("unix", "1714557600.25", false), kMayFirst + 250'000);
  EXPECT_EQ(parse("unix", "-0.5", false), -500'000);
  EXPECT_EQ(parse("unix", "1.7145576e9", false), kMayFirst);
  EXPECT_EQ(parse("unix", "1714557600", true), kMayFirst);
  EXPECT_EQ(parse("unix_ms", "1714557600001", false), kMayFirst + 1000);
  EXPECT_EQ(parse("unix_us", "1714557600000001", false), kMayFirst + 1);
  EXPECT_EQ(parse("unix", "99999999999999999", false), kBad);
  EXPECT_EQ(parse("unix", "soon", true), kBad);
}

TEST(JsonTime, AutoTellsTheUnitOfANumberByItsSize) {
  EXPECT_EQ(parse("auto", "2024-05-01T10:00:00Z", true), kMayFirst);
  EXPECT_EQ(parse("auto", "1714557600", false), kMayFirst);
  EXPECT_EQ(parse("auto", "1714557600000", false), kMayFirst);
  EXPECT_EQ(parse("auto", "1714557600000000", false), kMayFirst);
  EXPECT_EQ(parse("rfc3339", "1714557600", false), kBad);
}

TEST(JsonTime, ReadsByAPattern) {
  EXPECT_EQ(parse("%Y-%m-%d %H:%M:%S", "2024-05-01 10:00:00", true), kMayFirst);
  EXPECT_EQ(parse("%F %T.%f", "2024-05-01 10:00:00.5", true), kMayFirst + 500'000);
  EXPECT_EQ(parse("%d/%b/%Y:%H:%M:%S %z", "01/May/2024:12:00:00 +0200", true), kMayFirst);
  EXPECT_EQ(parse("%e.%m.%y", " 1.5.24", true), kMayFirst - 36'000'000'000);
  EXPECT_EQ(parse("t=%s", "t=1714557600", true), kMayFirst);
  EXPECT_EQ(parse("%Y%m%d", "20240501", false), kMayFirst - 36'000'000'000);
  EXPECT_EQ(parse("%F", "2024-05-01x", true), kBad);
  EXPECT_EQ(parse("%F", "2024-02-30", true), kBad);
}

TEST(JsonTime, RefusesFormatsItDoesNotKnow) {
  EXPECT_THROW(TimeFormat("iso"), Error);
  EXPECT_THROW(TimeFormat("%Q"), Error);
  EXPECT_THROW(TimeFormat("%Y %"), Error);
}

}  // namespace
}  // namespace streamhost::json
