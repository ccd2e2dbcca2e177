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
  EXPECT_EQ(host.prepare(*part), "14");
  EXPECT_EQ(files.read("out"), "one\ntwo\nthree\n");
}

TEST_F(Lines, AppendKeepsWhatIsThere) {
  const std::string path = files.write("out", "old\n");
  host.options["append"] = {"true"};
  const auto part = open(path);
  write(*part, {"new"});
  EXPECT_EQ(host.prepare(*part), "8");
  EXPECT_EQ(files.read("out"), "old\nnew\n");
}

TEST_F(Lines, ALaterRunCutsBackToThePosition) {
  const std::string path = files.write("out", "one\ntwo\nthr");
  const auto part = open(path, "4");
  write(*part, {"TWO"});
  part->flush();
  EXPECT_EQ(files.read("out"), "one\nTWO\n");
}

TEST_F(Lines, AFileShorterThanThePositionIsRefused) {
  const std::string path = files.write("out", "one\n");
  EXPECT_EQ(failure([&] { open(path, "5"); }),
            "cannot go on writing \"" + path +
                "\" at byte 5: it has only 4 bytes, so it was truncated or replaced since the "
                "snapshot");
  EXPECT_EQ(files.read("out"), "one\n");
  EXPECT_NE(failure([&] { open(path, "4x"); }).find("is not one of this version"),
            std::string::npos);
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
  EXPECT_EQ(host.prepare(*part), "2");
  EXPECT_EQ(files.read("new/dir/part-0001"), "x\n");
}

}  // namespace
}  // namespace file_plugin
