#include "scalar.h"

#include <gtest/gtest.h>

#include <string>

namespace streamhost::json {
namespace {

std::string plain(std::string_view escaped) {
  std::string to(escaped.size(), '\0');
  const auto size = unescape(escaped, to.data());
  return size ? to.substr(0, *size) : "no string";
}

TEST(JsonScalar, NumbersFollowTheGrammar) {
  for (const char* good :
       {"0", "-0", "7", "120", "1.5", "-0.25", "0.0", "12345678", "1e9", "1E+9", "2.5e-3"}) {
    EXPECT_EQ(scalar_kind(good), Kind::kNumber) << good;
  }
  for (const char* bad :
       {"", "-", "01", "-01", "00.5", "1.", ".5", "1e", "1e+", "+1", "1x", "NaN", "0x10"}) {
    EXPECT_EQ(scalar_kind(bad), Kind::kMissing) << bad;
  }
}

TEST(JsonScalar, WordsAreExact) {
  EXPECT_EQ(scalar_kind("true"), Kind::kBool);
  EXPECT_EQ(scalar_kind("false"), Kind::kBool);
  EXPECT_EQ(scalar_kind("null"), Kind::kNull);
  EXPECT_EQ(scalar_kind("nul"), Kind::kMissing);
  EXPECT_EQ(scalar_kind("True"), Kind::kMissing);
}

TEST(JsonScalar, EscapesBecomeWhatTheyStandFor) {
  EXPECT_EQ(plain(R"(a\"b\\c\/d)"), "a\"b\\c/d");
  EXPECT_EQ(plain(R"(\b\f\n\r\t)"), "\b\f\n\r\t");
  EXPECT_EQ(plain(R"(\u0041\u00e9\u20AC)"), "A\xc3\xa9\xe2\x82\xac");
  EXPECT_EQ(plain(R"(\ud83d\ude00!)"), "\xf0\x9f\x98\x80!");
}

TEST(JsonScalar, RefusesEscapesThatAreNone) {
  for (const char* bad : {R"(\q)", R"(\u12)", R"(\u12g4)", R"(\ud83d)", R"(\ud83dx)",
                          R"(\ud83d\u0041)", R"(\ude00)", "a\\"}) {
    EXPECT_EQ(plain(bad), "no string") << bad;
  }
}

TEST(JsonScalar, NumbersCompareByValueWhateverTheirForm) {
  const auto order = [](const char* a, const char* b) {
    return compare(parse_number(a), parse_number(b));
  };
  EXPECT_EQ(order("2", "10"), -1);
  EXPECT_EQ(order("1.0", "1"), 0);
  EXPECT_EQ(order("1e2", "100"), 0);
  EXPECT_EQ(order("-0", "0"), 0);
  EXPECT_EQ(order("9223372036854775807", "9223372036854775808"), -1);
  EXPECT_EQ(order("18446744073709551615", "9223372036854775807"), 1);
  EXPECT_EQ(order("9007199254740993", "9007199254740992.0"), 1);
  EXPECT_EQ(order("1e400", "1e300"), 1);
  EXPECT_EQ(order("-1e400", "-1e300"), -1);
  EXPECT_EQ(order("1e-400", "0"), 0);
}

}  // namespace
}  // namespace streamhost::json
