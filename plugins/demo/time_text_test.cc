#include "time_text.h"

#include <gtest/gtest.h>

#include <string>

namespace streamhost::demo {
namespace {

std::string text(int64_t us, bool always_fraction = false) {
  TimeText time;
  char to[TimeText::kMaxSize];
  return {to, time.write(us, always_fraction, to)};
}

TEST(TimeText, IsRfc3339) {
  EXPECT_EQ(text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(text(1'714'557'600'000'000), "2024-05-01T10:00:00Z");
  EXPECT_EQ(text(1'709'164'800'000'001), "2024-02-29T00:00:00.000001Z");
  EXPECT_EQ(text(951'782'400'000'000), "2000-02-29T00:00:00Z");
  EXPECT_EQ(text(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(text(1'704'067'199'000'000, true), "2023-12-31T23:59:59.000000Z");
}

TEST(TimeText, MovesOnFromTheSecondItRemembers) {
  TimeText time;
  char to[TimeText::kMaxSize];
  EXPECT_EQ(std::string(to, time.write(1'500'000, false, to)), "1970-01-01T00:00:01.500000Z");
  EXPECT_EQ(std::string(to, time.write(1'000'000, false, to)), "1970-01-01T00:00:01Z");
  EXPECT_EQ(std::string(to, time.write(61'000'000, false, to)), "1970-01-01T00:01:01Z");
}

}  // namespace
}  // namespace streamhost::demo
