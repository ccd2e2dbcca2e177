#include "manifest/toml_reader.h"

#include <gtest/gtest.h>

namespace streamhost {
namespace {

const auto kFile = std::make_shared<const std::string>("job.toml");

Value read(std::string_view text) {
  Diagnostics diagnostics;
  const std::optional<Value> root = read_toml(text, kFile, diagnostics);
  EXPECT_TRUE(root) << diagnostics.text();
  EXPECT_EQ(diagnostics.text(), "");
  return root.value_or(Value());
}

std::string mistake(std::string_view text) {
  Diagnostics diagnostics;
  const std::optional<Value> root = read_toml(text, kFile, diagnostics);
  EXPECT_FALSE(root);
  return diagnostics.text();
}

TEST(TomlReader, EveryTypeHasItsKind) {
  const Value root = read(
      "a = \"text\"\nb = -7\nc = 2.5\nd = true\ne = 2024-05-01T12:00:00.25+02:00\n"
      "f = [1, \"x\"]\ng = { h = 1 }\n");
  ASSERT_EQ(root.table.size(), 7U);
  EXPECT_EQ(root.table[0].second.kind, Value::Kind::kString);
  EXPECT_EQ(root.table[0].second.string, "text");
  EXPECT_EQ(root.table[1].second.integer, -7);
  EXPECT_EQ(root.table[2].second.floating, 2.5);
  EXPECT_TRUE(root.table[3].second.boolean);
  EXPECT_EQ(root.table[4].second.kind, Value::Kind::kTime);
  EXPECT_EQ(root.table[4].second.integer, 1'714'557'600'250'000);
  ASSERT_EQ(root.table[5].second.list.size(), 2U);
  EXPECT_EQ(root.table[5].second.list[1].string, "x");
  EXPECT_EQ(root.table[6].second.table[0].second.integer, 1);
}

TEST(TomlReader, KeysComeInFileOrderAtEveryLevel) {
  const Value root = read("[b]\nz = 1\na = 2\nm = { q = 1, c = 2 }\n[a]\n");
  EXPECT_EQ(root.table[0].first, "b");
  EXPECT_EQ(root.table[1].first, "a");
  const Value& b = root.table[0].second;
  EXPECT_EQ(b.table[0].first, "z");
  EXPECT_EQ(b.table[1].first, "a");
  EXPECT_EQ(b.table[2].second.table[0].first, "q");
}

TEST(TomlReader, ValuesAndKeysKnowTheirPlaces) {
  const Value root = read("[source.a]\n  path = \"x\"\n  list = [ 1,\n    2 ]\n");
  const Value& table = root.table[0].second.table[0].second;
  EXPECT_EQ(table.where.text(), "job.toml:1:1");
  EXPECT_EQ(table.table[0].second.key_where.text(), "job.toml:2:3");
  EXPECT_EQ(table.table[0].second.where.text(), "job.toml:2:10");
  EXPECT_EQ(table.table[1].second.list[1].where.text(), "job.toml:4:5");
}

TEST(TomlReader, ColumnsCountCharactersNotBytes) {
  const Value root = read("t = { \"é\" = 1, b = 2 }\n");
  EXPECT_EQ(root.table[0].second.table[1].second.key_where.text(), "job.toml:1:16");
}

TEST(TomlReader, AnEmptyTextIsAnEmptyTable) {
  EXPECT_TRUE(read("").table.empty());
  EXPECT_TRUE(read("# nothing\n").table.empty());
  EXPECT_TRUE(read("\xEF\xBB\xBF").table.empty());
}

TEST(TomlReader, WhatIsNotTomlSaysWhereAndWhy) {
  EXPECT_EQ(mistake("<xml/>\n"),
            "job.toml:1:1: error: this is not TOML: expected keys, tables, whitespace or comments, "
            "saw '<' (in a root table)");
  EXPECT_EQ(mistake("[source.a]\npath: \"x\"\n"),
            "job.toml:2:5: error: this is not TOML: expected '=', saw ':' (in a key-value pair)");
  EXPECT_EQ(mistake("[source.a]\npath = \"x\n"),
            "job.toml:2:10: error: this is not TOML: the line or the text ends within a string, "
            "or a control character stands in it (in a string)");
  EXPECT_EQ(mistake("a = [1, 2"),
            "job.toml:1:10: error: this is not TOML: the text ends too early (in an array)");
  EXPECT_EQ(mistake("workers = 4x\n"),
            "job.toml:1:12: error: this is not TOML: expected digit, saw 'x' (in a decimal "
            "integer)");
}

TEST(TomlReader, ATableGivenTwiceNamesTheFirst) {
  EXPECT_EQ(mistake("\n[source.a]\nx = 1\n\n[source.b]\n[source.a]\ny = 1\n"),
            "job.toml:6:1: error: table [source.a] is given twice; the first is in line 2");
}

TEST(TomlReader, AKeyGivenTwiceNamesTheFirst) {
  EXPECT_EQ(mistake("[source.b]\npath = \"z\"\n[source.a]\npath = \"x\"\nn = 1\n  path = \"y\"\n"),
            "job.toml:6:3: error: \"path\" is given twice in one table; the first is in line 4");
  EXPECT_EQ(mistake("t = { a = 1, a = 2 }\n"),
            "job.toml:1:18: error: \"a\" is given twice in one table");
}

TEST(TomlReader, ATimeNeedsAnOffset) {
  for (const char* time :
       {"2024-05-01T10:00:00", "2024-05-01 10:00:00", "2024-05-01", "10:00:00"}) {
    Diagnostics diagnostics;
    EXPECT_TRUE(read_toml("t = " + std::string(time), kFile, diagnostics));
    EXPECT_EQ(diagnostics.text(),
              "job.toml:1:5: error: a date or time without an offset names no moment: write "
              "2024-05-01T10:00:00Z, or +02:00 in place of Z")
        << time;
  }
}

TEST(TomlReader, NestingHasALimit) {
  EXPECT_NE(mistake("a = " + std::string(100, '[') + std::string(100, ']')).find("nested"),
            std::string::npos);
}

TEST(TomlReader, EndlessDottedKeysAreRefused) {
  std::string text = "x = 1\na";
  for (int i = 0; i < 200'000; ++i) text += ".a";
  EXPECT_EQ(
      mistake(text + " = 1\n"),
      "job.toml:2: error: this line has more than 500 dots: no key is as long, and a text can "
      "be written over several lines");
}

TEST(TomlReader, EnormousTextsAreRefused) {
  EXPECT_EQ(mistake(std::string(kMaxManifestBytes + 1, '\n')),
            "job.toml: error: this is too large for a manifest: 4194305 bytes, at most 4194304 are "
            "read");
}

TEST(TomlReader, CharactersBeyondAsciiStandOnlyInStringsAndComments) {
  EXPECT_EQ(read("# é\na = \"é\" # é\nb = \"\"\"x\\\n  é\"\"\"\n").table[1].second.string, "xé");
  EXPECT_EQ(mistake("é = 1\n"),
            "job.toml:1:1: error: this is not TOML: expected keys, tables, whitespace or comments, "
            "saw 'é' (in a root table)");
  EXPECT_FALSE(mistake("a = é\n").empty());
  EXPECT_FALSE(mistake("a\u00A0= 1\n").empty());
}

TEST(TomlReader, ABracketOfAnotherKindIsAMistake) {
  EXPECT_EQ(mistake("a = [ }\n"),
            "job.toml:1:7: error: this is not TOML: could not determine value type (in a value)");
}

TEST(TomlReader, BytesThatAreNotUtf8AreRefused) {
  EXPECT_NE(mistake("a = \"\xFF\"").find("job.toml:1:"), std::string::npos);
}

}  // namespace
}  // namespace streamhost
