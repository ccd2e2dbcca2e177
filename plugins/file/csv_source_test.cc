#include "csv_source.h"

#include <gtest/gtest.h>

#include <random>

#include "common/test_host.h"
#include "test_files.h"

namespace file_plugin {
namespace {

using plugin_common::TestHost;
using Strings = std::vector<std::string>;

// One CSV file, read to its end.
struct Reading {
  explicit Reading(TestHost& test_host) : host(test_host) {
    host.options.try_emplace("path", Strings{"unused"});
    host.options.try_emplace("header", Strings{"true"});
    host.options.try_emplace("delimiter", Strings{","});
    host.options.try_emplace("types", Strings{"infer"});
    host.options.try_emplace("max_row", Strings{"1048576"});
  }
  void open(const std::string& path, const std::string& resume = "", size_t piece = 256 << 10) {
    const CsvOptions options(host.config());
    std::optional<Position> position;
    if (!resume.empty()) position = parse_position(resume, path);
    part = std::make_unique<CsvPartition>(host.context(), options, path, position, piece);
  }
  bool poll(uint32_t budget = 1000) {
    streamhost::Out out = host.out();
    const streamhost::Poll result = part->poll(out, budget);
    out.flush();
    return result.status != SH_END;
  }
  void read(const std::string& path) {
    open(path);
    while (poll()) {
    }
  }
  TestHost& host;
  std::unique_ptr<CsvPartition> part;
};

TEST(CsvSource, RowsBecomeObjectsByTheHeader) {
  const TestFiles files;
  TestHost host;
  Reading(host).read(files.write("a.csv", "id,name,note\r\n1,\"Bo, Jr\",\r\n2,Al,\"two\nlines\""));
  EXPECT_EQ(host.values, (Strings{R"({"id":1,"name":"Bo, Jr","note":null})",
                                  R"({"id":2,"name":"Al","note":"two\nlines"})"}));
}

TEST(CsvSource, ColumnsNameTheFieldsOfAFileWithoutHeader) {
  const TestFiles files;
  TestHost host;
  host.options["header"] = {"false"};
  host.options["columns"] = {"x", "y"};
  host.options["delimiter"] = {";"};
  host.options["types"] = {"string"};
  Reading(host).read(files.write("a.csv", "1;2\n3;4\n"));
  EXPECT_EQ(host.values, (Strings{R"({"x":"1","y":"2"})", R"({"x":"3","y":"4"})"}));
}

TEST(CsvSource, AByteOrderMarkIsNoPartOfTheFirstName) {
  const TestFiles files;
  TestHost host;
  Reading(host).read(files.write("a.csv", "\xEF\xBB\xBFid\n7\n"));
  EXPECT_EQ(host.values, (Strings{R"({"id":7})"}));
}

TEST(CsvSource, AnEmptyFileHasNoRows) {
  const TestFiles files;
  TestHost host;
  Reading(host).read(files.write("a.csv", ""));
  Reading(host).read(files.write("b.csv", "\n\n"));
  Reading(host).read(files.write("c.csv", "id\n"));
  EXPECT_TRUE(host.values.empty());
  EXPECT_TRUE(host.rejected.empty());
}

TEST(CsvSource, BadRowsAreRejectedWithFileAndLineAndTheRestGoesOn) {
  const TestFiles files;
  TestHost host;
  host.options["max_row"] = {"40"};
  const std::string path = files.write("a.csv",
                                       "id,name\n"
                                       "1,a,b\n"
                                       "2,\xff\n"
                                       "3,\"x\"y\n"
                                       "\n"
                                       "4,\"two\nlines\"\n"
                                       "5\n"
                                       "6," +
                                           std::string(50, 'z') +
                                           "\n"
                                           "7,ok\n");
  Reading(host).read(path);
  EXPECT_EQ(host.values, (Strings{R"({"id":4,"name":"two\nlines"})", R"({"id":7,"name":"ok"})"}));
  const std::string name = "\"" + path + "\" line ";
  EXPECT_EQ(host.reasons, (Strings{name + "2: 3 fields where there are 2 columns",
                                   name + "3: column \"name\" is not UTF-8",
                                   name + "4, field 2: text after the closing quote",
                                   name + "8: 1 field where there are 2 columns",
                                   name + "9: the row has more than max_row = 40 bytes"}));
  EXPECT_EQ(host.rejected[0], "1,a,b");
  EXPECT_EQ(host.rejected[2], "3,\"x\"y");
}

TEST(CsvSource, AQuoteThatNeverEndsCostsOneLineOnly) {
  const TestFiles files;
  TestHost host;
  host.options["max_row"] = {"1000"};
  std::string text = "id,name\n1,\"open\n";
  for (int i = 2; i < 500; ++i) text += std::to_string(i) + ",x\n";
  Reading(host).read(files.write("a.csv", text));
  EXPECT_EQ(host.values.size(), 498u);
  EXPECT_EQ(host.rejected.size(), 1u);
}

TEST(CsvSource, BadHeadersAreErrors) {
  const TestFiles files;
  TestHost host;
  Reading reading(host);
  const std::string twice = files.write("a.csv", "id,name,id\n1,2,3\n");
  EXPECT_EQ(failure([&] { reading.open(twice); }),
            "\"" + twice + "\" line 1: the header names the column \"id\" twice");
  const std::string broken = files.write("b.csv", "id,\"name\n1,2\n");
  EXPECT_EQ(failure([&] { reading.open(broken); }),
            "\"" + broken + "\" line 1: the header cannot be read: the quoted field does not end");
}

TEST(CsvSource, OptionsThatMakeNoSenseAreRefused) {
  TestHost host;
  Reading reading(host);
  host.options["delimiter"] = {";;"};
  EXPECT_NE(failure([&] { CsvOptions options(host.config()); }), "");
  host.options["delimiter"] = {"\""};
  EXPECT_NE(failure([&] { CsvOptions options(host.config()); }), "");
  host.options["delimiter"] = {","};
  host.options["header"] = {"false"};
  EXPECT_NE(failure([&] { CsvOptions options(host.config()); }), "");
}

TEST(CsvSource, GoesOnFromASnapshotWithTheHeadersNamesAndLineNumbers) {
  const TestFiles files;
  const std::string path = files.write("a.csv", "id,name\n1,\"a\nb\"\n2,c\n3,d\n4\n");
  TestHost first;
  Reading reading(first);
  reading.open(path);
  ASSERT_TRUE(reading.poll(2));
  const std::string position = first.snapshot(*reading.part);
  TestHost second;
  Reading again(second);
  again.open(path, position);
  while (again.poll()) {
  }
  EXPECT_EQ(second.values, (Strings{R"({"id":3,"name":"d"})"}));
  EXPECT_EQ(second.reasons,
            (Strings{"\"" + path + "\" line 6: 1 field where there are 2 columns"}));
}

TEST(CsvSource, AFileThatGrewAfterItsEndIsContinued) {
  const TestFiles files;
  const std::string path = files.write("a.csv", "");
  TestHost first;
  Reading reading(first);
  reading.read(path);
  std::string position = first.snapshot(*reading.part);
  files.append("a.csv", "id\n1\n");
  TestHost second;
  Reading again(second);
  again.open(path, position);
  while (again.poll()) {
  }
  position = second.snapshot(*again.part);
  files.append("a.csv", "2\n");
  TestHost third;
  Reading last(third);
  last.open(path, position);
  while (last.poll()) {
  }
  EXPECT_EQ(second.values, (Strings{R"({"id":1})"}));
  EXPECT_EQ(third.values, (Strings{R"({"id":2})"}));
}

TEST(CsvSource, ANewlineThatComesLaterOnlyEndsTheLastRow) {
  const TestFiles files;
  const std::string path = files.write("a.csv", "id\n1");
  TestHost first, second;
  Reading reading(first);
  reading.read(path);
  files.append("a.csv", "\n2\nx,y\n");
  Reading again(second);
  again.open(path, first.snapshot(*reading.part));
  while (again.poll()) {
  }
  EXPECT_EQ(second.values, (Strings{R"({"id":2})"}));
  EXPECT_EQ(second.reasons,
            (Strings{"\"" + path + "\" line 4: 2 fields where there are 1 columns"}));
}

TEST(CsvSource, ThePositionAtTheEndStaysWhateverHappensToTheFile) {
  const TestFiles files;
  const std::string path = files.write("a.csv", "id\n1\n");
  TestHost host;
  Reading reading(host);
  reading.read(path);
  const std::string position = host.snapshot(*reading.part);
  std::filesystem::resize_file(path, 1);
  EXPECT_EQ(host.snapshot(*reading.part), position);
  EXPECT_EQ(reading.part->progress().done, 5u);
  EXPECT_EQ(failure([&] { reading.open(path, position); }),
            "cannot go on reading \"" + path +
                "\" at byte 5: it has only 1 bytes now, so it was truncated since the snapshot");
  files.write("a.csv", "id\n7\n8\n");
  EXPECT_EQ(failure([&] { reading.open(path, position); }),
            "cannot go on reading \"" + path +
                "\" at byte 5: its content is not what was there before, so it was rewritten since "
                "the snapshot");
}

TEST(CsvSource, ReportsProgressInBytes) {
  const TestFiles files;
  TestHost host;
  Reading reading(host);
  reading.open(files.write("a.csv", "id\n1\n2\n"));
  reading.poll(1);
  EXPECT_EQ(reading.part->progress().done, 5u);
  EXPECT_EQ(reading.part->progress().total, 7u);
}

TEST(CsvSource, ATruncatedFileFailsWithItsPlace) {
  const TestFiles files;
  TestHost host;
  Reading reading(host);
  const std::string path = files.write("a.csv", "id\n1\n2\n");
  reading.open(path, "", 5);
  std::filesystem::resize_file(path, 1);
  EXPECT_EQ(failure([&] {
              while (reading.poll()) {
              }
            }),
            "\"" + path + "\" was truncated to 1 bytes while it was read, at byte 5");
}

// The same rows, rejects and positions, whatever the pieces, budgets and interruptions are.
TEST(CsvSource, PiecesBudgetsAndSnapshotsDoNotChangeWhatIsRead) {
  std::mt19937 engine(9);
  const auto random = [&](uint32_t below) { return static_cast<uint32_t>(engine()) % below; };
  const TestFiles files;
  for (int round = 0; round < 400; ++round) {
    std::string text = "a,b\n";
    for (uint32_t i = random(600); i > 0; --i) text += "ab1,,\"\"\n\n\r"[random(10)];
    const std::string path = files.write("a.csv", text);
    TestHost whole, parts;
    whole.options["max_row"] = parts.options["max_row"] = {std::to_string(20 + random(50))};
    Reading(whole).read(path);
    Reading reading(parts);
    reading.open(path, "", 4 + random(60));
    while (reading.poll(1 + random(5))) {
      if (random(4) == 0) reading.open(path, parts.snapshot(*reading.part), 4 + random(60));
    }
    ASSERT_EQ(parts.values, whole.values) << text;
    ASSERT_EQ(parts.reasons, whole.reasons) << text;
  }
}

}  // namespace
}  // namespace file_plugin
