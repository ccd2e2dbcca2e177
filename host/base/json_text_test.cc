#include "base/json_text.h"

#include <gtest/gtest.h>

#include <string>

namespace streamhost {
namespace {

using namespace std::string_literals;

TEST(JsonText, PlainTextIsOnlyQuoted) {
  EXPECT_EQ(json_string(""), "\"\"");
  EXPECT_EQ(json_string("hello world"), "\"hello world\"");
}

TEST(JsonText, AppendsToWhatIsThere) {
  std::string out = "{";
  append_json_string(out, "a");
  EXPECT_EQ(out, "{\"a\"");
}

TEST(JsonText, QuotesAndBackslashesAreEscaped) {
  EXPECT_EQ(json_string(R"(say "C:\dir")"), R"("say \"C:\\dir\"")");
}

TEST(JsonText, ControlCharactersAreEscaped) {
  EXPECT_EQ(json_string("a\nb\rc\td"), R"("a\nb\rc\td")");
  EXPECT_EQ(json_string("\0\x01\x1f\x7f"s), R"("\u0000\u0001\u001f\u007f")");
  EXPECT_EQ(json_string("\x1b[31m"), R"("\u001b[31m")");
}

TEST(JsonText, Utf8PassesAsItIs) {
  EXPECT_EQ(json_string("é € 𝄞"), "\"é € 𝄞\"");
  EXPECT_EQ(json_string("\xF4\x8F\xBF\xBF"), "\"\xF4\x8F\xBF\xBF\"");
}

TEST(JsonText, WhatIsNotUtf8BecomesTheReplacementCharacter) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(json_string("\xFF"), "\"" + r + "\"");
  EXPECT_EQ(json_string("a\x80z"), "\"a" + r + "z\"");
  EXPECT_EQ(json_string("\xC3"), "\"" + r + "\"");                  // cut off
  EXPECT_EQ(json_string("\xE2\x82z"), "\"" + r + "z\"");            // one maximal part
  EXPECT_EQ(json_string("\xC0\xAF"), "\"" + r + r + "\"");          // overlong
  EXPECT_EQ(json_string("\xED\xA0\x80"), "\"" + r + r + r + "\"");  // a surrogate
  EXPECT_EQ(json_string("\xF4\x90\x80\x80"), "\"" + r + r + r + r + "\"");
}

}  // namespace
}  // namespace streamhost
