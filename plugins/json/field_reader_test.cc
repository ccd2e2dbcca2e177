#include "field_reader.h"

#include <gtest/gtest.h>

namespace streamhost::json {
namespace {

using Results = std::vector<std::string>;

// What is found in each document: the raw texts, joined by '|', or the problem. "-": missing.
Results read(const std::vector<std::string>& pointers, const std::vector<sh_record>& records) {
  FieldReader reader(pointers);
  sh_batch raw{};
  raw.count = static_cast<uint32_t>(records.size());
  raw.records = records.data();
  Results results;
  reader.read(
      Batch(raw),
      [&](uint32_t i, const Field* fields) {
        EXPECT_EQ(i, results.size());
        std::string text;
        for (size_t k = 0; k < pointers.size(); ++k) {
          if (k != 0) text += '|';
          text += fields[k].kind == Kind::kMissing ? "-" : std::string(fields[k].raw());
        }
        results.push_back(text);
      },
      [&](uint32_t i, std::string_view problem) {
        EXPECT_EQ(i, results.size());
        results.emplace_back(problem);
      });
  return results;
}

// Each document in memory of its own, of exactly its size.
Results read_apart(const std::vector<std::string>& pointers, const Results& documents) {
  std::vector<std::vector<uint8_t>> memory;
  std::vector<sh_record> records;
  for (const std::string& d : documents) memory.emplace_back(d.begin(), d.end());
  for (const auto& m : memory) {
    sh_record r{};
    r.value = m.data();
    r.value_len = static_cast<uint32_t>(m.size());
    records.push_back(r);
  }
  return read(pointers, records);
}

// The documents as lines of one text.
Results read_lines(const std::vector<std::string>& pointers, const Results& documents) {
  std::string text;
  for (const std::string& d : documents) text += d + "\n";
  const std::vector<uint8_t> exact(text.begin(), text.end() - 1);
  std::vector<sh_record> records;
  const uint8_t* at = exact.data();
  for (const std::string& d : documents) {
    sh_record r{};
    r.value = at;
    r.value_len = static_cast<uint32_t>(d.size());
    records.push_back(r);
    at += d.size() + 1;
  }
  return read(pointers, records);
}

std::string read_both(const std::vector<std::string>& pointers, const std::string& document) {
  const std::string apart = read_apart(pointers, {document})[0];
  EXPECT_EQ(read_lines(pointers, {"{}", document, "{}"})[1], apart);
  return apart;
}

TEST(FieldReader, FindsFieldsInWhateverOrder) {
  EXPECT_EQ(read_both({"/b", "/a"}, R"({"a":1,"x":[1,{"b":7}],"b":"two"})"), R"("two"|1)");
  EXPECT_EQ(read_both({"/b", "/a"}, R"( { "b" : [ 1 , 2 ] , "a" : { "c" : 1 } } )"),
            R"([ 1 , 2 ]|{ "c" : 1 })");
  EXPECT_EQ(read_both({"/a"}, R"({"a":null})"), "null");
  EXPECT_EQ(read_both({"/a"}, R"({"b":1})"), "-");
  EXPECT_EQ(read_both({"/a"}, "{}"), "-");
}

TEST(FieldReader, FollowsPointersDeepAndThroughArrays) {
  const std::string document = R"({"u":{"id":7,"tags":["x","y"]},"l":[[1,2],[3]]})";
  EXPECT_EQ(read_both({"/u/tags/1", "/u/id", "/l/1/0", "/l/5"}, document), R"("y"|7|3|-)");
  EXPECT_EQ(read_both({"/u", "/u/id"}, document), R"({"id":7,"tags":["x","y"]}|7)");
  EXPECT_EQ(read_both({""}, "[1, 2]"), "[1, 2]");
  EXPECT_EQ(read_both({"/0"}, R"({"0":"name"})"), R"("name")");
  EXPECT_EQ(read_both({"/a~1b", "/m~0n"}, R"({"a/b":1,"m~n":2})"), "1|2");
  EXPECT_EQ(read_both({"/a/b"}, R"({"a":5})"), "-");
}

TEST(FieldReader, ChecksAScalarThatIsTheWholeValue) {
  EXPECT_EQ(read_both({"", "/a"}, "12"), "12|-");
  EXPECT_EQ(read_both({"/a"}, "\"x\""), "-");
  EXPECT_EQ(read_both({"/a"}, "hello"), "is not JSON: \"hello\" is no value at byte 0");
  EXPECT_EQ(read_both({""}, "1 2"), "is not JSON: there is more behind the value at byte 2");
}

TEST(FieldReader, OnePointerMayBeAskedForTwice) {
  EXPECT_EQ(read_both({"/a", "/a"}, R"({"a":1})"), "1|1");
}

TEST(FieldReader, ComparesNamesAfterUnescapingThem) {
  EXPECT_EQ(read_both({"/name", "/q\"r"}, R"({"na\u006de":1,"q\"r":2,"name":3})"), "1|2");
  EXPECT_EQ(read_both({"/nam"}, R"({"name":1})"), "-");
  EXPECT_EQ(read_both({"/names"}, R"({"name":1})"), "-");
}

TEST(FieldReader, TellsNamesApartThatBeginAlike) {
  const std::string document =
      R"({"abcdefghi":1,"abcdefg":2,"abcdef":3,"abcdefgh":4,"":5,"abcdefghij":6,"a":7,"b":8})";
  EXPECT_EQ(read_both({"/abcdefgh", "/abcdefg", "/abcdefghij", "/a", "/"}, document), "4|2|6|7|5");
  EXPECT_EQ(read_both({"/abcdefghijk", "/b"}, document), "-|8");
  EXPECT_EQ(read_both({"/abcdefghi"}, R"({"x":0,"abcdefgh\u0069":1,"y":2})"), "1");
  EXPECT_EQ(read_both({"/a\\b", "/c\nd"}, R"({"x":0,"a\\b":1,"y":2,"c\nd":3,"z":4})"), "1|3");
}

TEST(FieldReader, PassesUnwantedFieldsOfEveryKind) {
  const Results values = {"1",  "-2.5", "true", "null",  "\"x\"", "\"{,:\"",
                          "{}", "[]",   "[[]]", "[1,2]", "\"\"",  R"({"w":{"w":"w"}})"};
  for (size_t fields = 0; fields < 40; ++fields) {
    std::string document = "{";
    for (size_t i = 0; i < fields; ++i) {
      document += "\"" + std::string(i % 12, 'f') + "\":" + values[i * 7 % values.size()] + ",";
    }
    EXPECT_EQ(read_both({"/w"}, document + "\"w\":1}"), "1") << document;
    EXPECT_EQ(read_both({"/w"}, document + "\"v\":1}"), "-") << document;
    EXPECT_NE(read_both({"/w"}, document + "\"v\"}").find("a colon is missing"), std::string::npos);
    EXPECT_NE(read_both({"/w"}, document + "}").find(fields == 0 ? "-" : "name is missing"),
              std::string::npos);
  }
}

TEST(FieldReader, TakesTheFirstOfFieldsWithOneName) {
  EXPECT_EQ(read_both({"/a", "/z"}, R"({"a":1,"a":2})"), "1|-");
  EXPECT_EQ(read_both({"/a/b"}, R"({"a":{},"a":{"b":1}})"), "-");
}

TEST(FieldReader, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(read_both({"/a"}, R"({"b":1,})"), "is not JSON: a field's name is missing at byte 7");
  EXPECT_EQ(read_both({"/a"}, R"({"b" 1})"), "is not JSON: a colon is missing at byte 5");
  EXPECT_EQ(read_both({"/a"}, R"({"b":1 "c":2})"),
            "is not JSON: a comma or closing brace is missing at byte 7");
  EXPECT_EQ(read_both({"/a"}, R"({"b":})"), "is not JSON: a value is missing at byte 5");
  EXPECT_EQ(read_both({"/a"}, R"({"a":12x})"), "is not JSON: \"12x\" is no value at byte 5");
  EXPECT_EQ(read_both({"/a"}, R"({"b":[1,2)"),
            "is not JSON: an object or array is not closed at its end");
  EXPECT_EQ(read_both({"/a"}, R"({"a":1,"b":2)"),
            "is not JSON: an object or array is not closed at its end");
  EXPECT_EQ(read_both({"/a"}, R"({"b":1} 2)"),
            "is not JSON: there is more behind the value at byte 8");
  EXPECT_EQ(read_both({"/a"}, ""), "is not JSON: there is no value at its end");
  EXPECT_EQ(read_both({"/a"}, "  "), "is not JSON: there is no value at its end");
  EXPECT_NE(read_both({"/a"}, R"({"b":"x})").find("is not JSON"), std::string::npos);
  EXPECT_NE(read_both({"/a"}, "{\"b\":\"\xff\"}").find("UTF-8"), std::string::npos);
}

TEST(FieldReader, ABadDocumentDoesNotTaintItsNeighbours) {
  const Results good_and_bad = {
      R"({"a":1})", R"({"a":"open)",      R"({"a":2})", "{\"a\":\"\xc3\"}",
      R"({"a":3})", R"(close":1,"a":9})", "",           R"({"a":4})",
      "\\",         R"({"a":5})"};
  const Results lines = read_lines({"/a"}, good_and_bad);
  EXPECT_EQ(lines, read_apart({"/a"}, good_and_bad));
  EXPECT_EQ(lines[0], "1");
  EXPECT_EQ(lines[2], "2");
  EXPECT_EQ(lines[4], "3");
  EXPECT_EQ(lines[7], "4");
  EXPECT_EQ(lines[9], "5");
  for (const size_t bad : {1u, 3u, 5u, 6u, 8u}) {
    EXPECT_NE(lines[bad].find("is not JSON"), std::string::npos) << lines[bad];
  }
}

TEST(FieldReader, ReadsRunsThatAreLongerThanItsPortion) {
  Results documents, expected;
  for (int i = 0; i < 2000; ++i) {
    documents.push_back("{\"i\":" + std::to_string(i) + ",\"pad\":\"" + std::string(50, 'x') +
                        "\"}");
    expected.push_back(std::to_string(i));
  }
  EXPECT_EQ(read_lines({"/i"}, documents), expected);
  const std::string large = "{\"pad\":\"" + std::string(300'000, 'y') + "\",\"i\":1}";
  EXPECT_EQ(read_both({"/i"}, large), "1");
}

TEST(FieldReader, RejectsARecordWithoutAValue) {
  sh_record r{};
  r.value_len = SH_ABSENT;
  EXPECT_EQ(read({"/a"}, {r}), Results{"is absent"});
}

TEST(FieldReader, RefusesWhatIsNoJsonPointer) {
  EXPECT_THROW(FieldReader({"a"}), Error);
  EXPECT_THROW(FieldReader({"/a~2"}), Error);
  EXPECT_THROW(FieldReader({"/a~"}), Error);
}

}  // namespace
}  // namespace streamhost::json
