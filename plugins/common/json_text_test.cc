#include "json_text.h"

#include <gtest/gtest.h>

namespace plugin_common {
namespace {

std::string quoted(std::string_view text) {
  std::string to;
  append_json_string(to, text);
  return to;
}

std::string as_json(std::string_view value) {
  std::string to;
  append_json_or_string(to, value);
  return to;
}

TEST(JsonText, EveryKindOfValueIsKnown) {
  for (const char* text : {"0",
                           "-0",
                           "42",
                           "-1.5",
                           "1e9",
                           "2E-3",
                           "1.0e+5",
                           "true",
                           "false",
                           "null",
                           "\"\"",
                           "\"a b\"",
                           "\"\\u00e9\\n\\\"\"",
                           "\"é\"",
                           "[]",
                           "{}",
                           "[1,2,[3]]",
                           "{\"a\":{\"b\":[null]}}",
                           " { \"a\" : 1 , \"b\" : [ ] } ",
                           "\t1\n"}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
}

TEST(JsonText, WhatIsNearlyJsonIsNot) {
  for (const char* text :
       {"",      " ",          "hello",    "True",        "nul",       "nulls",    "01",
        "1.",    ".5",         "-",        "+1",          "1e",        "NaN",      "1 2",
        "\"",    "\"a",        "\"\\x\"",  "\"\\u12g4\"", "\"\\u12\"", "\"a\nb\"", "\"\xff\"",
        "[1,]",  "[,1]",       "[1 2]",    "[",           "]",         "{\"a\"}",  "{\"a\":}",
        "{a:1}", "{\"a\":1,}", "{\"a\":1", "'a'",         "1,"}) {
    EXPECT_FALSE(is_json(text)) << text;
  }
}

TEST(JsonText, DepthIsBounded) {
  EXPECT_TRUE(is_json(std::string(256, '[') + std::string(256, ']')));
  EXPECT_FALSE(is_json(std::string(257, '[') + std::string(257, ']')));
  EXPECT_FALSE(is_json(std::string(1'000'000, '[')));
}

TEST(JsonText, StringsAreEscaped) {
  EXPECT_EQ(quoted("plain é"), "\"plain é\"");
  EXPECT_EQ(quoted("a\"b\\c\nd\te\r"), "\"a\\\"b\\\\c\\nd\\te\\r\"");
  EXPECT_EQ(quoted(std::string_view("\x00\x1f", 2)), "\"\\u0000\\u001f\"");
  EXPECT_EQ(quoted("a\xff z"), "\"a\xEF\xBF\xBD z\"");
}

TEST(JsonText, ValuesGoInAsTheyAreOrAsStrings) {
  EXPECT_EQ(as_json(" 12.50 "), "12.50");
  EXPECT_EQ(as_json("{\"a\": 1}"), "{\"a\": 1}");
  EXPECT_EQ(as_json("hello"), "\"hello\"");
  EXPECT_EQ(as_json("{broken"), "\"{broken\"");
  EXPECT_EQ(as_json(""), "\"\"");
}

TEST(JsonText, StringsAreUnescaped) {
  EXPECT_EQ(json_unescaped("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "a\"\\/\b\f\n\r\t");
  EXPECT_EQ(json_unescaped("\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\""), "Aé€😀");
  EXPECT_EQ(json_unescaped("\"\\ud83dx\""), "\xEF\xBF\xBDx");
  EXPECT_EQ(json_unescaped("\"\\ud83d\\u0041\""),
            "\xEF\xBF\xBD"
            "A");
}

TEST(JsonMembers, EachMemberIsVisitedInOrder) {
  JsonMembers members(" { \"a\" : 1 , \"b\\n\":[1, {\"x\":2}],\"\":null } ");
  ASSERT_TRUE(members.next());
  EXPECT_EQ(members.name(), "a");
  EXPECT_EQ(members.value(), "1");
  ASSERT_TRUE(members.next());
  EXPECT_EQ(members.name(), "b\n");
  EXPECT_EQ(members.value(), "[1, {\"x\":2}]");
  ASSERT_TRUE(members.next());
  EXPECT_EQ(members.name(), "");
  EXPECT_EQ(members.value(), "null");
  EXPECT_FALSE(members.next());
  EXPECT_TRUE(members.done());
}

TEST(JsonMembers, AnEmptyObjectHasNone) {
  JsonMembers members("{ }");
  EXPECT_FALSE(members.next());
  EXPECT_TRUE(members.done());
}

TEST(JsonMembers, BrokenTextIsGivenUpWhereItBreaks) {
  JsonMembers members("{\"a\":1,\"b\":oops}");
  EXPECT_TRUE(members.next());
  EXPECT_FALSE(members.next());
  EXPECT_FALSE(members.done());
  EXPECT_EQ(members.offset(), 11u);
  for (const char* text : {"", "[]", "1", "{", "{\"a\":1", "{\"a\":1}x", "{,}"}) {
    JsonMembers broken(text);
    while (broken.next()) {
    }
    EXPECT_FALSE(broken.done()) << text;
  }
}

}  // namespace
}  // namespace plugin_common
