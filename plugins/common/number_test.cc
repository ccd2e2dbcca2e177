#include "number.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace plugin_common {
namespace {

double parsed(std::string_view text) {
  Number n{};
  EXPECT_TRUE(parse_number(text, &n)) << text;
  return n.as_double();
}

bool parses(std::string_view text) {
  Number n{};
  return parse_number(text, &n);
}

std::string written(double value) {
  char buffer[kNumberRoom];
  return {buffer, write_double(buffer, value)};
}

std::string written(Int128 billionths) {
  char buffer[kNumberRoom];
  return {buffer, write_billionths(buffer, billionths)};
}

TEST(Number, ShortDecimalsKeepTheirDigits) {
  Number n{};
  ASSERT_TRUE(parse_number("-12.3", &n));
  EXPECT_EQ(n.digits, -123);
  EXPECT_EQ(n.decimals, 1);
  EXPECT_EQ(n.as_double(), -12.3);
  ASSERT_TRUE(parse_number("0.000000001", &n));
  EXPECT_EQ(n.digits, 1);
  EXPECT_EQ(n.decimals, 9);
  ASSERT_TRUE(parse_number("007", &n));
  EXPECT_EQ(n.digits, 7);
  EXPECT_TRUE(n.is_integer());
}

TEST(Number, IntegersAreExactWithinInt64) {
  Number n{};
  ASSERT_TRUE(parse_number("9223372036854775807", &n));
  EXPECT_EQ(n.digits, std::numeric_limits<int64_t>::max());
  EXPECT_TRUE(n.is_integer());
  ASSERT_TRUE(parse_number("-9223372036854775808", &n));
  EXPECT_EQ(n.digits, std::numeric_limits<int64_t>::min());
  ASSERT_TRUE(parse_number("9223372036854775808", &n));
  EXPECT_FALSE(n.is_short());
  EXPECT_EQ(n.as_double(), 9223372036854775808.0);
}

TEST(Number, EighteenDigitsAreKept) {
  Number n{};
  ASSERT_TRUE(parse_number("-123456789.123456789", &n));
  EXPECT_EQ(n.digits, -123456789123456789);
  EXPECT_EQ(n.decimals, 9);
  ASSERT_TRUE(parse_number("1234567890.123456789", &n));
  EXPECT_FALSE(n.is_short());
}

TEST(Number, AsADoubleItDoesNotDependOnZerosAtItsEnd) {
  EXPECT_EQ(parsed("9007199254740993.1"), parsed("9007199254740993.10"));
  EXPECT_EQ(parsed("900719925474099.3"), parsed("900719925474099.300"));
  EXPECT_EQ(parsed("900719925474099.30"), 900719925474099.3);
}

TEST(Number, UnusualFormsAreRead) {
  EXPECT_EQ(parsed("1e3"), 1000.0);
  EXPECT_EQ(parsed("-2.5E-3"), -0.0025);
  EXPECT_EQ(parsed("3.14159265358979"), 3.14159265358979);
  EXPECT_EQ(parsed(" 42\r"), 42.0);
  EXPECT_EQ(parsed("+7.5"), 7.5);
  EXPECT_EQ(parsed("-0"), 0.0);
  EXPECT_EQ(parsed("123456789.123456789"), 123456789.123456789);
  EXPECT_EQ(parsed("999999999999.999999"), 999999999999.999999);
}

TEST(Number, EverythingElseIsRefused) {
  for (const char* text :
       {"",    " ",   "-",    "+",        ".",    "-.",    "abc",   "1,5", "1.2.3", "12a", "1e",
        "nan", "inf", "-inf", "infinity", "0x10", "1e999", "\"5\"", "{}",  "+-5",   "1 2", "--1"}) {
    EXPECT_FALSE(parses(text)) << '"' << text << '"';
  }
}

TEST(Number, DoublesAreWrittenAsShortAsPossible) {
  EXPECT_EQ(written(0.1), "0.1");
  EXPECT_EQ(written(12.0), "12");
  EXPECT_EQ(written(-0.0), "0");
  EXPECT_EQ(written(1e300), "1e+300");
  EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(written(-1.7976931348623157e308), "-1.7976931348623157e+308");
}

TEST(Number, ExactSumsAreWrittenWithoutNeedlessZeros) {
  EXPECT_EQ(written(Int128{0}), "0");
  EXPECT_EQ(written(Int128{300'000'000}), "0.3");
  EXPECT_EQ(written(Int128{-1}), "-0.000000001");
  EXPECT_EQ(written(Int128{42} * kBillionths), "42");
  EXPECT_EQ(written(Int128{std::numeric_limits<int64_t>::max()} * 4 * kBillionths),
            "36893488147419103228");
  EXPECT_EQ(written(Int128{1'000'000'000'000'000'000} * kBillionths), "1000000000000000000");
  const Int128 least = static_cast<Int128>(1) << 127;
  EXPECT_EQ(written(least), "-170141183460469231731687303715.884105728");
}

TEST(Number, BillionthsOfShortDecimalsAddUpExactly) {
  Int128 sum = 0;
  for (const char* text : {"0.1", "0.2", "0.3", "-0.6"}) {
    Number n{};
    ASSERT_TRUE(parse_number(text, &n));
    sum += n.billionths();
  }
  EXPECT_EQ(written(sum), "0");
}

}  // namespace
}  // namespace plugin_common
