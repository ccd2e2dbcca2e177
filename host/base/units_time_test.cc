#include <gtest/gtest.h>

#include <random>

#include "base/calendar.h"
#include "base/units.h"

namespace streamhost {
namespace {

int64_t us_of(std::string_view text) {
  const auto result = parse_time(text);
  EXPECT_TRUE(result) << result.status().message();
  return result ? *result : -1;
}

std::string time_error(std::string_view text) { return parse_time(text).status().message(); }

TEST(Calendar, DaysAndDatesAreInverse) {
  EXPECT_EQ(days_from_civil({1970, 1, 1}), 0);
  EXPECT_EQ(days_from_civil({2000, 3, 1}), 11'017);
  EXPECT_EQ(days_from_civil({0, 1, 1}), -719'528);
  for (int64_t day = -800'000; day < 3'000'000; day += 17) {
    const CivilDate date = civil_from_days(day);
    ASSERT_EQ(days_from_civil(date), day);
    ASSERT_GE(date.day, 1U);
    ASSERT_LE(date.day, days_in_month(date.year, date.month));
  }
}

TEST(Time, Rfc3339IsRead) {
  EXPECT_EQ(us_of("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(us_of("2024-05-01T10:00:00Z"), 1'714'557'600'000'000);
  EXPECT_EQ(us_of("2024-05-01t10:00:00z"), 1'714'557'600'000'000);
  EXPECT_EQ(us_of("2024-05-01 10:00:00Z"), 1'714'557'600'000'000);
  EXPECT_EQ(us_of("1969-12-31T23:59:59Z"), -1'000'000);
}

TEST(Time, OffsetsCountFromUtc) {
  EXPECT_EQ(us_of("2024-05-01T12:00:00+02:00"), us_of("2024-05-01T10:00:00Z"));
  EXPECT_EQ(us_of("2024-04-30T23:30:00-10:30"), us_of("2024-05-01T10:00:00Z"));
  EXPECT_EQ(us_of("1970-01-01T00:00:00-00:00"), 0);
}

TEST(Time, FractionsAreCutToMicroseconds) {
  EXPECT_EQ(us_of("1970-01-01T00:00:00.5Z"), 500'000);
  EXPECT_EQ(us_of("1970-01-01T00:00:00.000001Z"), 1);
  EXPECT_EQ(us_of("1970-01-01T00:00:00.1234569Z"), 123'456);
  EXPECT_EQ(us_of("1970-01-01T00:00:00.1234569999999999999999999999Z"), 123'456);
}

TEST(Time, LeapDaysExistInLeapYearsOnly) {
  EXPECT_TRUE(parse_time("2024-02-29T00:00:00Z"));
  EXPECT_TRUE(parse_time("2000-02-29T00:00:00Z"));
  EXPECT_EQ(time_error("2023-02-29T00:00:00Z"),
            "\"2023-02-29T00:00:00Z\" is not a time: there is no such day");
  EXPECT_FALSE(parse_time("1900-02-29T00:00:00Z"));
}

TEST(Time, WhatDoesNotExistIsRefused) {
  for (const char* text :
       {"2024-00-01T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-00T00:00:00Z",
        "2024-04-31T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:61Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+01:60"}) {
    EXPECT_EQ(parse_time(text).status().code(), Code::kUsage) << text;
  }
  EXPECT_EQ(time_error("2016-12-31T23:59:60Z"),
            "\"2016-12-31T23:59:60Z\" is not a time: leap seconds cannot be represented");
}

TEST(Time, WhatIsWrittenOtherwiseIsRefused) {
  for (const char* text : {"", "now", "2024-05-01", "10:00:00Z", "2024-5-1T10:00:00Z",
                           "2024-05-01T10:00Z", "2024-05-01T10:00:00.Z", "2024-05-01T10:00:00ZZ",
                           "2024-05-01T10:00:00+0200", "2024-05-01T10:00:00+02",
                           " 2024-05-01T10:00:00Z", "20240501T100000Z", "-2024-05-01T10:00:00Z"}) {
    EXPECT_EQ(parse_time(text).status().code(), Code::kUsage) << text;
  }
  EXPECT_EQ(time_error("yesterday"),
            "\"yesterday\" is not a time: write it as \"2024-05-01T10:00:00Z\" or with an offset");
  EXPECT_EQ(
      time_error("2024-05-01T10:00:00"),
      "\"2024-05-01T10:00:00\" is not a time: it has no offset; end it with \"Z\" for UTC, or "
      "\"+02:00\"");
}

TEST(Time, ReadsBackWhatItWrites) {
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_time(1'714'557'600'250'000), "2024-05-01T10:00:00.25Z");
  const int64_t first = us_of("0000-01-01T00:00:00Z");
  const int64_t last = us_of("9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_time(first), "0000-01-01T00:00:00Z");
  EXPECT_EQ(format_time(last), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_time(INT64_MIN), "-9223372036854775808us");
  EXPECT_EQ(format_time(INT64_MAX), "9223372036854775807us");
  std::mt19937_64 random(3);
  std::uniform_int_distribution<int64_t> any(first, last);
  for (int i = 0; i < 10'000; ++i) {
    const int64_t us = any(random);
    EXPECT_EQ(us_of(format_time(us)), us);
  }
}

}  // namespace
}  // namespace streamhost
