#include "lookup.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <streamhost/sdk/error.hpp>

namespace streamhost::core {
namespace {

using Format = Lookup::Format;

std::string at(const Lookup& lookup, std::string_view key) {
  const std::string* found = lookup.find(key);
  return found == nullptr ? "(none)" : *found;
}

std::string error_of(std::string_view text, Format format, const std::string& column = "") {
  try {
    Lookup::parse(text, "f", format, column);
    return "(none)";
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), SH_E_CONFIG);
    return e.what();
  }
}

TEST(Lookup, CsvRowsBecomeObjects) {
  const Lookup l = Lookup::parse("\xEF\xBB\xBFid,name\r\n1,Ann\r\n2,\"Bob \"\"B\"\", jr\nof X\"\n",
                                 "f", Format::kCsv, "");
  EXPECT_EQ(l.size(), 2u);
  EXPECT_EQ(at(l, "1"), "{\"id\":1,\"name\":\"Ann\"}");
  EXPECT_EQ(at(l, "2"), "{\"id\":2,\"name\":\"Bob \\\"B\\\", jr\\nof X\"}");
  EXPECT_EQ(at(l, "3"), "(none)");
}

TEST(Lookup, AnyColumnCanBeTheKey) {
  const Lookup l = Lookup::parse("id,name\n1,Ann\n2,", "f", Format::kCsv, "name");
  EXPECT_EQ(at(l, "Ann"), "{\"id\":1,\"name\":\"Ann\"}");
  EXPECT_EQ(at(l, ""), "{\"id\":2,\"name\":null}");
}

TEST(Lookup, NumbersAndBoolsStandBareUnlessQuoted) {
  const Lookup l =
      Lookup::parse("k,a,b,c,d,e,f\nx,-1.5e3,true,007,\"5\",\"\",null\n", "f", Format::kCsv, "");
  EXPECT_EQ(at(l, "x"),
            "{\"k\":\"x\",\"a\":-1.5e3,\"b\":true,\"c\":\"007\",\"d\":\"5\",\"e\":\"\","
            "\"f\":\"null\"}");
}

TEST(Lookup, TsvHasNoQuotes) {
  const Lookup l = Lookup::parse("k\tv\na\t\"x\n", "f", Format::kTsv, "k");
  EXPECT_EQ(at(l, "a"), "{\"k\":\"a\",\"v\":\"\\\"x\"}");
}

TEST(Lookup, AJsonObjectMapsKeysToAnything) {
  const Lookup l = Lookup::parse("{\"a\": 1, \"b\\u0021\": {\"x\": [2]}}", "f", Format::kJson, "");
  EXPECT_EQ(at(l, "a"), "1");
  EXPECT_EQ(at(l, "b!"), "{\"x\": [2]}");
}

TEST(Lookup, JsonLinesAreKeptWhole) {
  const Lookup l = Lookup::parse("{\"id\":7,\"n\":\"x\"}\n\n {\"n\":\"y\",\"id\":\"8\"} \n", "f",
                                 Format::kJsonLines, "id");
  EXPECT_EQ(at(l, "7"), "{\"id\":7,\"n\":\"x\"}");
  EXPECT_EQ(at(l, "8"), "{\"n\":\"y\",\"id\":\"8\"}");
}

TEST(Lookup, MistakesNameFileAndLine) {
  EXPECT_EQ(error_of("", Format::kCsv), "f:1: the file is empty; its first row names the columns");
  EXPECT_EQ(error_of("a,b\n1,2\n3\n", Format::kCsv), "f:3: 1 fields where the header row has 2");
  EXPECT_EQ(error_of("a,b\n1,\"2\n", Format::kCsv),
            "f:2: the quote that opens this field is never closed");
  EXPECT_EQ(error_of("a,b\n\"1\"x,2\n", Format::kCsv),
            "f:2: after a closing quote comes a comma or the end of the line, not \"x\"");
  EXPECT_EQ(error_of("a,b\n", Format::kCsv, "c"),
            "f:1: there is no column \"c\"; the columns are a, b");
  EXPECT_EQ(error_of("a,b\n1,2\n\n1,3\n", Format::kCsv), "f:4: the key \"1\" is there twice");
  EXPECT_EQ(error_of("{\"a\":1,\n\"b\":}", Format::kJson),
            "f:2: not one valid JSON object of the form {\"key\": …}");
  EXPECT_EQ(error_of("{\"a\":1}\n[1]", Format::kJsonLines, "a"), "f:2: not a valid JSON object");
  EXPECT_EQ(error_of("{\"b\":1}", Format::kJsonLines, "a"), "f:1: the object has no member \"a\"");
  EXPECT_NE(error_of("{}", Format::kJsonLines), "(none)");
  EXPECT_NE(error_of("{}", Format::kJson, "a"), "(none)");
}

TEST(Lookup, TheFormatFollowsTheNameUnlessItIsGiven) {
  EXPECT_EQ(Lookup::format_of("auto", "a/b.csv"), Format::kCsv);
  EXPECT_EQ(Lookup::format_of("auto", "b.ndjson"), Format::kJsonLines);
  EXPECT_EQ(Lookup::format_of("json", "b.csv"), Format::kJson);
  EXPECT_THROW(Lookup::format_of("auto", "b.txt"), Error);
  EXPECT_THROW(Lookup::format_of("auto", "b"), Error);
}

TEST(Lookup, AFileThatCannotBeReadIsAClearError) {
  try {
    Lookup::read("/nonexistent/x.csv", Format::kCsv, "");
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(),
                 "cannot read the lookup file \"/nonexistent/x.csv\": No such file or directory");
  }
  EXPECT_THROW(Lookup::read("/", Format::kCsv, ""), Error);
}

TEST(Lookup, AFileIsReadWhole) {
  const std::string path =
      ::testing::TempDir() + std::to_string(::getpid()) + "-streamhost_lookup_test.csv";
  {
    std::ofstream file(path);
    file << "k,v\n";
    for (int i = 0; i < 20000; ++i) file << i << ",value " << i << '\n';
  }
  const Lookup l = Lookup::read(path, Format::kCsv, "k");
  std::remove(path.c_str());
  EXPECT_EQ(l.size(), 20000u);
  EXPECT_EQ(at(l, "19999"), "{\"k\":19999,\"v\":\"value 19999\"}");
}

}  // namespace
}  // namespace streamhost::core
