#include "sinks.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/line_scanner.h"
#include "common/test_host.h"
#include "test_files.h"

namespace file_plugin {
namespace {

using plugin_common::TestHost;
using Strings = std::vector<std::string>;

template <class Part>
void write(Part& part, const Strings& values) {
  std::vector<sh_record> records;
  for (const std::string& value : values) {
    records.push_back(plugin_common::value_record(streamhost::to_bytes(value).ptr, value.size()));
  }
  sh_batch batch{};
  batch.struct_size = sizeof(batch);
  batch.count = static_cast<uint32_t>(records.size());
  batch.records = records.data();
  part.write(streamhost::Batch(batch));
}

// The length in a position.
std::string length(const std::string& position) { return position.substr(0, position.find(' ')); }

struct Lines : testing::Test {
  std::unique_ptr<OutputFile> open(const std::string& path,
                                   std::optional<std::string_view> resume = std::nullopt) {
    host.options["path"] = {path};
    host.options.try_emplace("format", Strings{"{value}"});
    sink = std::make_unique<LinesSink>(host.context(), host.config());
    return sink->open(path, resume);
  }
  const TestFiles files;
  TestHost host;
  std::unique_ptr<LinesSink> sink;
};

TEST_F(Lines, AreWrittenOnFlushAndCountedByPrepare) {
  const std::string path = files.write("out", "old content");
  const auto part = open(path);
  EXPECT_EQ(files.read("out"), "");
  write(*part, {"one", "two"});
  EXPECT_EQ(files.read("out"), "");
  part->flush();
  EXPECT_EQ(files.read("out"), "one\ntwo\n");
  write(*part, {"three"});
  EXPECT_EQ(length(host.prepare(*part)), "14");
  EXPECT_EQ(files.read("out"), "one\ntwo\nthree\n");
}

TEST_F(Lines, APositionStaysTheSameWhileNothingIsWritten) {
  const auto part = open(files / "out");
  write(*part, {"one"});
  const std::string position = host.prepare(*part);
  EXPECT_EQ(host.prepare(*part), position);
  write(*part, {"two"});
  EXPECT_NE(host.prepare(*part), position);
}

TEST_F(Lines, AppendKeepsWhatIsThere) {
  const std::string path = files.write("out", "old\n");
  host.options["append"] = {"true"};
  std::string position;
  {
    const auto part = open(path);
    position = host.prepare(*part);
    EXPECT_EQ(length(position), "4");
    write(*part, {"lost"});
    part->flush();
  }
  const auto part = open(path, position);
  write(*part, {"new"});
  EXPECT_EQ(length(host.prepare(*part)), "8");
  EXPECT_EQ(files.read("out"), "old\nnew\n");
}

// Without a snapshot nothing tells a run's own lines from older ones; README.md says so.
TEST_F(Lines, ARunThatBeginsAnewEmptiesTheFileUnlessItAppends) {
  const std::string path = files / "out";
  const auto killed_before_its_first_snapshot = [&] {
    const auto part = open(path);
    write(*part, {"one"});
    part->flush();
  };
  killed_before_its_first_snapshot();
  killed_before_its_first_snapshot();
  EXPECT_EQ(files.read("out"), "one\n");
  host.options["append"] = {"true"};
  killed_before_its_first_snapshot();
  EXPECT_EQ(files.read("out"), "one\none\n");
}

// A file in which a run wrote "one" and took a snapshot.
struct ContinuedLines : Lines {
  ContinuedLines() : path(files / "out") {
    const auto part = open(path);
    write(*part, {"one"});
    position = host.prepare(*part);
  }
  std::string path, position;
};

TEST_F(ContinuedLines, ALaterRunCutsBackToThePosition) {
  files.append("out", "two\nthr");
  const auto part = open(path, position);
  EXPECT_EQ(files.read("out"), "one\n");
  EXPECT_EQ(host.prepare(*part), position);
  write(*part, {"TWO"});
  part->flush();
  EXPECT_EQ(files.read("out"), "one\nTWO\n");
}

TEST_F(ContinuedLines, ACopyWithTheSameContentIsGoneOnWith) {
  std::filesystem::copy_file(path, files / "copy");
  std::filesystem::rename(files / "copy", path);
  const auto part = open(path, position);
  write(*part, {"two"});
  part->flush();
  EXPECT_EQ(files.read("out"), "one\ntwo\n");
}

TEST_F(ContinuedLines, AFileShorterThanThePositionIsRefused) {
  std::filesystem::resize_file(path, 2);
  EXPECT_EQ(failure([&] { open(path, position); }),
            "cannot go on writing \"" + path +
                "\" at byte 4: it has only 2 bytes now, so it was truncated since the snapshot");
  EXPECT_EQ(files.read("out"), "on");
}

TEST_F(ContinuedLines, AnotherFileIsRefusedAndLeftAlone) {
  files.write("other", "something else\n");
  std::filesystem::rename(files / "other", path);
  EXPECT_EQ(failure([&] { open(path, position); }),
            "cannot go on writing \"" + path +
                "\" at byte 4: its content is not what was there before, so it was replaced since "
                "the snapshot");
  EXPECT_EQ(files.read("out"), "something else\n");
  files.write("out", "ONE\nTWO\n");
  EXPECT_NE(failure([&] { open(path, position); }).find("at byte 4: its content"),
            std::string::npos);
  EXPECT_EQ(files.read("out"), "ONE\nTWO\n");
}

TEST_F(ContinuedLines, AFileThatIsGoneIsRefusedAndNotMadeAgain) {
  std::filesystem::remove(path);
  EXPECT_EQ(failure([&] { open(path, position); }),
            "cannot go on writing \"" + path +
                "\": the file is gone since the snapshot; put it back, or begin anew without the "
                "snapshots");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ContinuedLines, AFileThatHeldNothingIsMadeAgain) {
  std::string empty;
  {
    const auto part = open(files / "empty");
    empty = host.prepare(*part);
  }
  std::filesystem::remove(files / "empty");
  const auto part = open(files / "empty", empty);
  write(*part, {"x"});
  EXPECT_EQ(length(host.prepare(*part)), "2");
}

TEST_F(ContinuedLines, WhatIsNoPositionIsRefused) {
  EXPECT_NE(failure([&] { open(path, "4"); }).find("is not one of this version"),
            std::string::npos);
}

TEST_F(Lines, AFileThatSomebodyElseTruncatesMeanwhileFailsTheSnapshot) {
  const std::string path = files / "out";
  const auto part = open(path);
  write(*part, {"one", "two"});
  part->flush();
  std::filesystem::resize_file(path, 0);
  EXPECT_EQ(failure([&] { host.prepare(*part); }),
            "\"" + path +
                "\" does not hold the 8 bytes that were written: somebody else truncated it "
                "meanwhile");
}

TEST_F(Lines, ADeviceCannotBeCutBackAndSaysSo) {
  std::string position;
  {
    const auto part = open("/dev/null");
    write(*part, {"one"});
    position = host.prepare(*part);
  }
  open("/dev/null", position);
  ASSERT_EQ(host.logs.size(), 1u);
  EXPECT_EQ(host.logs[0], "\"/dev/null\" is not a regular file: lines may come twice");
}

TEST_F(Lines, TwoWritersOfOneFileAreRefusedBeforeItIsCut) {
  const std::string path = files / "out";
  const auto part = open(path);
  write(*part, {"one"});
  part->flush();
  TestHost other;
  other.options["path"] = {path};
  LinesSink second(other.context(), other.config());
  EXPECT_EQ(failure([&] { second.open(path, std::nullopt); }),
            "\"" + path + "\" is being written by another step or process");
  EXPECT_EQ(files.read("out"), "one\n");
}

TEST_F(Lines, DirectoriesAreMadeOnlyWhenAskedFor) {
  const std::string path = files / "a/b/out";
  EXPECT_EQ(
      failure([&] { open(path); }),
      "cannot write \"" + path +
          "\": No such file or directory (its directory is missing; `mkdir = true` makes it)");
  host.options["mkdir"] = {"true"};
  write(*open(path), {"x"});
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(Lines, PlacesThatAreNoFilesAreRefused) {
  EXPECT_NE(failure([&] { open(files / "."); }).find("Is a directory"), std::string::npos);
  ASSERT_EQ(::mkfifo((files / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(failure([&] { open(files / "pipe"); }),
            "\"" + files / "pipe" + "\" is a pipe; to write to one, use stdio.lines");
}

TEST_F(Lines, AFullDiskFailsWithPathOffsetAndReason) {
  const auto part = open("/dev/full");
  write(*part, {"x"});
  EXPECT_EQ(failure([&] { part->flush(); }),
            "cannot write to \"/dev/full\" at byte 0: No space left on device");
}

TEST(PartNames, CarryTheIndexWithFourDigits) {
  EXPECT_EQ(part_names("part-{index}.tsv", 3),
            (Strings{"part-0000.tsv", "part-0001.tsv", "part-0002.tsv"}));
  EXPECT_EQ(part_names("all", 1), (Strings{"all"}));
  EXPECT_NE(failure([] { part_names("all", 2); }), "");
  EXPECT_NE(failure([] { part_names("a/{index}", 2); }), "");
}

TEST(PartitionedSink, EachPartitionIsAFileOfTheDirectory) {
  const TestFiles files;
  TestHost host;
  host.options["path"] = {files / "new/dir"};
  host.options["partitions"] = {"2"};
  host.options["name"] = {"part-{index}"};
  host.options["format"] = {"{value}"};
  PartitionedSink sink(host.context(), host.config());
  const Strings names = sink.partitions();
  ASSERT_EQ(names, (Strings{files / "new/dir/part-0000", files / "new/dir/part-0001"}));
  const auto part = sink.open(names[1], std::nullopt);
  write(*part, {"x"});
  EXPECT_EQ(length(host.prepare(*part)), "2");
  EXPECT_EQ(files.read("new/dir/part-0001"), "x\n");
}

TEST(PartitionedSink, AnotherNumberOfPartitionsIsRefused) {
  const TestFiles files;
  TestHost host;
  host.options["path"] = {files / "dir"};
  host.options["name"] = {"part-{index}"};
  host.options["format"] = {"{value}"};
  host.options["partitions"] = {"2"};
  const std::string path = files / "dir/part-0000";
  std::string position;
  {
    PartitionedSink two(host.context(), host.config());
    position = host.prepare(*two.open(path, std::nullopt));
    EXPECT_NO_THROW(two.open(path, position));
  }
  for (const char* other : {"1", "4"}) {
    host.options["partitions"] = {other};
    PartitionedSink sink(host.context(), host.config());
    EXPECT_EQ(failure([&] { sink.open(path, position); }),
              "cannot go on writing \"" + path +
                  "\": it was one of 2 partitions when the snapshot was taken, and keys would "
                  "change their files; set `partitions` back");
  }
}

}  // namespace
}  // namespace file_plugin
