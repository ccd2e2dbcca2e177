#include "well_known.h"

#include <gtest/gtest.h>

namespace streamhost::protobuf {
namespace {

TEST(Timestamps, AreReadAndWritten) {
  const auto both = [](const char* text, SecondsAndNanos time) {
    EXPECT_EQ(timestamp_text(time).value(), text);
    EXPECT_EQ(parse_timestamp(text), time);
  };
  both("1970-01-01T00:00:00Z", {0, 0});
  both("2024-02-29T23:59:59.000000001Z", {1709251199, 1});
  both("2024-05-01T10:00:00.250Z", {1714557600, 250'000'000});
  both("1969-12-31T23:59:59.999999Z", {-1, 999'999'000});
  both("0001-01-01T00:00:00Z", {-62'135'596'800, 0});
  both("9999-12-31T23:59:59.999999999Z", {253'402'300'799, 999'999'999});
}

TEST(Timestamps, MayHaveAnOffsetWhenTheyAreRead) {
  EXPECT_EQ(parse_timestamp("2024-05-01T12:00:00+02:00"), (SecondsAndNanos{1714557600, 0}));
  EXPECT_EQ(parse_timestamp("2024-05-01T04:30:00.5-05:30"),
            (SecondsAndNanos{1714557600, 500'000'000}));
}

TEST(Timestamps, OutsideOfTheirRangeHaveNoText) {
  EXPECT_FALSE(timestamp_text({-62'135'596'801, 0}));
  EXPECT_FALSE(timestamp_text({253'402'300'800, 0}));
  EXPECT_FALSE(timestamp_text({0, -1}));
  EXPECT_FALSE(timestamp_text({0, 1'000'000'000}));
  EXPECT_FALSE(timestamp_text({INT64_MAX, INT32_MAX}));
}

TEST(Timestamps, ThatAreNoneAreRefused) {
  for (const char* text :
       {"", "2024", "2024-05-01", "2024-05-01T10:00:00", "2024-05-01 10:00:00Z",
        "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-05-01T24:00:00Z",
        "2024-05-01T10:60:00Z", "2024-05-01T10:00:60Z", "2024-05-01T10:00:00.Z",
        "2024-05-01T10:00:00.1234567890Z", "2024-05-01T10:00:00Zx", "2024-05-01T10:00:00+2:00",
        "0001-01-01T00:00:00+00:01", "0000-01-01T00:00:00Z"}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
  }
}

TEST(Durations, AreReadAndWritten) {
  const auto both = [](const char* text, SecondsAndNanos duration) {
    EXPECT_EQ(duration_text(duration).value(), text);
    EXPECT_EQ(parse_duration(text), duration);
  };
  both("0s", {0, 0});
  both("1.500s", {1, 500'000'000});
  both("-0.000000001s", {0, -1});
  both("-3.000001s", {-3, -1000});
  both("315576000000s", {315'576'000'000, 0});
  EXPECT_EQ(parse_duration("1.5s"), (SecondsAndNanos{1, 500'000'000}));
}

TEST(Durations, ThatAreNoneAreRefused) {
  EXPECT_FALSE(duration_text({1, -1}));
  EXPECT_FALSE(duration_text({-1, 1}));
  EXPECT_FALSE(duration_text({315'576'000'001, 0}));
  EXPECT_FALSE(duration_text({INT64_MIN, 0}));
  EXPECT_FALSE(duration_text({0, 1'000'000'000}));
  for (const char* text : {"", "s", "1", "1.s", ".5s", "--1s", "1 s", "1e3s", "315576000001s",
                           "99999999999999999999s", "1.0000000001s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(FieldMasks, ChangeTheirSpellingWhereTheWayBackIsSure) {
  EXPECT_EQ(camel_path("foo_bar.b_c"), "fooBar.bC");
  EXPECT_EQ(snake_path("fooBar.bC"), "foo_bar.b_c");
  EXPECT_EQ(camel_path("fooBar"), std::nullopt);
  EXPECT_EQ(camel_path("foo_"), std::nullopt);
  EXPECT_EQ(camel_path("foo_3"), std::nullopt);
  EXPECT_EQ(snake_path("foo_bar"), std::nullopt);
}

}  // namespace
}  // namespace streamhost::protobuf
