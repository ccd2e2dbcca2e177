#include "csv_parser.h"

#include <gtest/gtest.h>

#include <random>

namespace file_plugin {
namespace {

using Row = std::vector<std::string>;
using Rows = std::vector<Row>;

struct Parsed {
  Rows rows;
  uint64_t lines = 0;
  std::string problem;
};

Parsed parse(const std::string& text, char delimiter = ',') {
  const CsvParser parser(delimiter);
  Parsed result;
  CsvRow row;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    switch (parser.parse(at, end, true, row)) {
      case CsvFound::kRow: {
        Row fields;
        for (const CsvField& field : row.fields) fields.push_back(field.content());
        result.rows.push_back(fields);
        break;
      }
      case CsvFound::kEmpty: break;
      case CsvFound::kBad:
        result.problem = std::to_string(row.fields.size() + 1) + ": " + row.problem;
        return result;
      case CsvFound::kIncomplete: return result;
    }
    at = row.next;
    result.lines += row.lines;
  }
}

TEST(CsvParser, FieldsArePartedByCommasAndRowsByLineEnds) {
  EXPECT_EQ(parse("a,b\nc,d\r\ne,f").rows, (Rows{{"a", "b"}, {"c", "d"}, {"e", "f"}}));
}

TEST(CsvParser, EmptyFieldsAreFields) {
  EXPECT_EQ(parse(",\n,,x\n\"\",\n").rows, (Rows{{"", ""}, {"", "", "x"}, {"", ""}}));
  EXPECT_EQ(parse("a,").rows, (Rows{{"a", ""}}));
}

TEST(CsvParser, QuotedFieldsMayContainDelimitersQuotesAndNewlines) {
  const Parsed parsed = parse("\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\r\nx,y,z\n");
  EXPECT_EQ(parsed.rows, (Rows{{"a,b", "say \"hi\"", "two\r\nlines"}, {"x", "y", "z"}}));
  EXPECT_EQ(parsed.lines, 3u);
}

TEST(CsvParser, AQuotedFieldMayEndTheText) {
  EXPECT_EQ(parse("\"a\",\"b\"").rows, (Rows{{"a", "b"}}));
  EXPECT_EQ(parse("\"\"\"\"").rows, (Rows{{"\""}}));
}

TEST(CsvParser, EmptyLinesAreNoRows) {
  const Parsed parsed = parse("\na\n\r\n\nb\n\n");
  EXPECT_EQ(parsed.rows, (Rows{{"a"}, {"b"}}));
  EXPECT_EQ(parsed.lines, 6u);
}

TEST(CsvParser, QuotesAndCarriageReturnsInsideAPlainFieldAreText) {
  EXPECT_EQ(parse("5\" pipe,a\rb\n").rows, (Rows{{"5\" pipe", "a\rb"}}));
}

TEST(CsvParser, OtherDelimiters) {
  EXPECT_EQ(parse("a;b,c\n", ';').rows, (Rows{{"a", "b,c"}}));
  EXPECT_EQ(parse("a\t\"b\tc\"\n", '\t').rows, (Rows{{"a", "b\tc"}}));
}

TEST(CsvParser, BrokenQuotesAreNamedWithTheirField) {
  EXPECT_EQ(parse("a,\"b\"c\n").problem, "2: text after the closing quote");
  EXPECT_EQ(parse("a,\"b\n").problem, "2: the quoted field does not end");
  EXPECT_EQ(parse("\"b\"\r").problem, "1: text after the closing quote");
}

TEST(CsvParser, ARowThatMayGoOnIsIncomplete) {
  const CsvParser parser(',');
  CsvRow row;
  const auto found = [&](const std::string& text) {
    return parser.parse(text.data(), text.data() + text.size(), false, row);
  };
  for (const char* text :
       {"", "a", "a,", "a,b", "\"", "\"a", "\"a\"", "\"a\"\"", "\"a\"\r", "\r"}) {
    EXPECT_EQ(found(text), CsvFound::kIncomplete) << text;
  }
  EXPECT_EQ(found("a\n"), CsvFound::kRow);
  EXPECT_EQ(found("\r\n"), CsvFound::kEmpty);
}

// What a row looks like is decided by its bytes alone, never by where the text was cut.
TEST(CsvParser, RandomRowsComeBackAndNoPrefixOfThemIsARow) {
  std::mt19937 engine(5);
  const auto random = [&](uint32_t below) { return static_cast<uint32_t>(engine()) % below; };
  for (int round = 0; round < 3000; ++round) {
    Rows rows(1 + random(4));
    std::string text;
    std::vector<size_t> ends;
    for (Row& row : rows) {
      row.resize(1 + random(4));
      std::string line;
      for (std::string& field : row) {
        field.resize(random(25));
        for (char& c : field) c = "ab,\"\n\r;x"[random(8)];
        const bool plain = field.find_first_of(",\"\n\r") == std::string::npos && !field.empty();
        if (&field != row.data()) line += ',';
        if (plain && random(2) == 0) {
          line += field;
        } else {
          line += '"';
          for (const char c : field) line += c == '"' ? std::string("\"\"") : std::string(1, c);
          line += '"';
        }
      }
      text += line + (random(2) == 0 ? "\n" : "\r\n");
      ends.push_back(text.size());
    }
    ASSERT_EQ(parse(text).rows, rows) << text;
    const CsvParser parser(',');
    CsvRow row;
    for (size_t cut = 0; cut < ends[0]; ++cut) {
      // Moved to its own memory, so that a read beyond the end is found by the sanitizer.
      const std::string part(text, 0, cut);
      ASSERT_EQ(parser.parse(part.data(), part.data() + cut, false, row), CsvFound::kIncomplete)
          << text << " cut at " << cut;
    }
  }
}

}  // namespace
}  // namespace file_plugin
