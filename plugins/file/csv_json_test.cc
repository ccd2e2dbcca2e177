#include "csv_json.h"

#include <gtest/gtest.h>

#include <streamhost/sdk.hpp>

namespace file_plugin {
namespace {

std::string json_string(std::string_view text) {
  std::string room(json_string_bound(text.size()), '\0');
  char* const end = append_json_string(text, room.data());
  return end == nullptr ? "(not UTF-8)" : std::string(room.data(), end);
}

std::string object(const std::string& line, const std::vector<std::string>& columns,
                   bool infer = true) {
  CsvRow row;
  CsvParser(',').parse(line.data(), line.data() + line.size(), true, row);
  const CsvJson json(columns, infer);
  std::string room(json.bound(row), '\0');
  size_t bad = 0;
  char* const end = json.append(row, room.data(), bad);
  return end == nullptr ? "(bad field " + std::to_string(bad) + ")" : std::string(room.data(), end);
}

TEST(JsonString, EscapesWhatJsonWantsEscaped) {
  EXPECT_EQ(json_string(""), "\"\"");
  EXPECT_EQ(json_string("a\"b\\c\n\r\t\b\x1f/\x7f"), "\"a\\\"b\\\\c\\n\\r\\t\\u0008\\u001f/\x7f\"");
  EXPECT_EQ(json_string(std::string(1, '\0')), "\"\\u0000\"");
}

TEST(JsonString, EscapesAtEveryPlaceOfALongText) {
  for (size_t at = 0; at < 50; ++at) {
    std::string text(50, 'x'), expected = "\"" + text + "\"";
    text[at] = '"';
    expected.replace(at + 1, 1, "\\\"");
    EXPECT_EQ(json_string(text), expected);
  }
}

TEST(JsonString, KeepsUtf8AndRefusesWhatIsNot) {
  EXPECT_EQ(json_string("größe €𝄞 und noch viel mehr Text"),
            "\"größe €𝄞 und noch viel mehr Text\"");
  for (const char* bad : {"\x80", "\xff", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                          "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xe2\x82", "ok \xc3("}) {
    EXPECT_EQ(json_string(bad), "(not UTF-8)");
    EXPECT_EQ(json_string("sixteen characters and more " + std::string(bad)), "(not UTF-8)");
  }
}

TEST(JsonNumber, FollowsTheGrammarOfJson) {
  for (const char* good : {"0", "-0", "7", "10", "-12.5", "0.25", "1e3", "1E+3", "2.5e-7",
                           "123456789012345678901234567890"}) {
    EXPECT_TRUE(is_bare_number(good)) << good;
  }
  for (const char* bad : {"", "-", "+1", "01", "1.", ".5", "1e", "1e+", "0x1", "1 ", " 1", "1,2",
                          "NaN", "inf", "--1", "12e4567", "1e-4567"}) {
    EXPECT_FALSE(is_bare_number(bad)) << bad;
  }
}

TEST(CsvJson, InfersNumbersBooleansAndNull) {
  EXPECT_EQ(object("1,-2.5,true,false,,text,01", {"a", "b", "c", "d", "e", "f", "g"}),
            R"({"a":1,"b":-2.5,"c":true,"d":false,"e":null,"f":"text","g":"01"})");
}

TEST(CsvJson, QuotedFieldsAreStringsWhateverTheyHold) {
  EXPECT_EQ(object(R"("1","true","","say ""hi""")", {"a", "b", "c", "d"}),
            R"({"a":"1","b":"true","c":"","d":"say \"hi\""})");
}

TEST(CsvJson, WithoutInferenceEverythingIsAString) {
  EXPECT_EQ(object("1,true,,x", {"a", "b", "c", "d"}, false),
            R"({"a":"1","b":"true","c":"","d":"x"})");
}

TEST(CsvJson, NamesAreEscapedToo) {
  EXPECT_EQ(object("1,2", {"a \"quoted\" name", "ü"}), "{\"a \\\"quoted\\\" name\":1,\"ü\":2}");
  EXPECT_THROW(CsvJson({"\xff"}, true), streamhost::Error);
}

TEST(CsvJson, SaysWhichFieldIsNotUtf8) {
  EXPECT_EQ(object("a,\xff,c", {"a", "b", "c"}), "(bad field 1)");
}

}  // namespace
}  // namespace file_plugin
