#include "lines_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <random>
#include <thread>

#include "common/test_host.h"
#include "lines_partition.h"
#include "test_files.h"

namespace file_plugin {
namespace {

using plugin_common::TestHost;
using Strings = std::vector<std::string>;

struct Reading {
  explicit Reading(TestHost& test_host) : host(test_host) {
    host.options.try_emplace("strip_cr", Strings{"true"});
    host.options.try_emplace("max_line", Strings{"1048576"});
    host.options.try_emplace("start", Strings{"begin"});
  }
  void open(const std::string& path, const std::string& resume = "") {
    host.options.try_emplace("path", Strings{path});
    part.reset();
    source = std::make_unique<LinesSource>(host.context(), host.config());
    part =
        source->open(path, resume.empty() ? std::nullopt : std::optional(std::string_view(resume)));
  }
  sh_status poll(uint32_t budget = 1000) {
    streamhost::Out out = host.out();
    return part->poll(out, budget).status;
  }
  void read(const std::string& path, const std::string& resume = "") {
    open(path, resume);
    while (poll() != SH_END) {
    }
  }
  // Polls a followed file when it wakes the worker, until `count` values are there.
  bool follow(size_t count) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (;;) {
      const int wakes = host.wakes;
      while (poll() == SH_OK) {
      }
      if (host.values.size() >= count) return true;
      while (host.wakes == wakes) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::yield();
      }
    }
  }
  TestHost& host;
  std::unique_ptr<LinesSource> source;
  std::unique_ptr<LinesPartition> part;
};

std::string snapshot(Reading& reading) { return reading.host.snapshot(*reading.part); }

TEST(LinesSource, ReadsLinesToTheEnd) {
  const TestFiles files;
  TestHost host;
  Reading(host).read(files.write("a", "one\r\n\ntwo"));
  EXPECT_EQ(host.values, (Strings{"one", "", "two"}));
}

TEST(LinesSource, EachFileIsAPartition) {
  const TestFiles files;
  files.write("d/b", "");
  files.write("d/a", "");
  TestHost host;
  host.options["path"] = {files / "d"};
  LinesSource source(host.context(), host.config());
  EXPECT_EQ(source.partitions(), (Strings{files / "d/a", files / "d/b"}));
}

TEST(LinesSource, KeepsToItsBudgetAndGoesOnWhereItWas) {
  const TestFiles files;
  TestHost host;
  Reading reading(host);
  reading.open(files.write("a", "1\n2\n3\n4\n5\n"));
  EXPECT_EQ(reading.poll(2), SH_OK);
  EXPECT_EQ(host.values, (Strings{"1", "2"}));
  EXPECT_EQ(reading.part->progress().done, 4u);
  EXPECT_EQ(reading.part->progress().total, 10u);
}

TEST(LinesSource, GoesOnFromASnapshot) {
  const TestFiles files;
  const std::string path = files.write("a", "1\n2\n3\n4\n");
  TestHost first, second;
  Reading reading(first);
  reading.open(path);
  reading.poll(3);
  Reading(second).read(path, snapshot(reading));
  EXPECT_EQ(second.values, (Strings{"4"}));
}

TEST(LinesSource, AFileThatGrewAfterItsEndIsContinued) {
  const TestFiles files;
  const std::string path = files.write("a", "1\n");
  TestHost first, second;
  Reading reading(first);
  reading.read(path);
  const std::string position = snapshot(reading);
  files.append("a", "2\n");
  Reading(second).read(path, position);
  EXPECT_EQ(second.values, (Strings{"2"}));
}

TEST(LinesSource, ANewlineThatComesLaterOnlyEndsTheLastLine) {
  for (const char* end : {"\n", "\r\n"}) {
    const TestFiles files;
    const std::string path = files.write("a", "1\n2");
    TestHost first, second;
    Reading reading(first);
    reading.read(path);
    EXPECT_EQ(first.values, (Strings{"1", "2"}));
    files.append("a", std::string(end) + "3\n");
    Reading(second).read(path, snapshot(reading));
    EXPECT_EQ(second.values, (Strings{"3"}));
    EXPECT_TRUE(second.logs.empty());
  }
}

TEST(LinesSource, TextThatComesLaterIsALineOfItsOwnWithAWarning) {
  const TestFiles files;
  const std::string path = files.write("a", "1\n2");
  TestHost first, second;
  Reading reading(first);
  reading.read(path);
  files.append("a", "2\n3\n");
  Reading(second).read(path, snapshot(reading));
  EXPECT_EQ(second.values, (Strings{"2", "3"}));
  EXPECT_EQ(second.logs,
            (Strings{"the last line of \"" + path +
                     "\" had no newline yet when it was read, up to byte 3; what was added to it "
                     "since is taken as a line of its own"}));
}

TEST(LinesSource, ThePositionAtTheEndStaysWhateverHappensToTheFile) {
  const TestFiles files;
  const std::string path = files.write("a", "1\n2\n");
  TestHost host;
  Reading reading(host);
  reading.read(path);
  const std::string position = snapshot(reading);
  std::filesystem::resize_file(path, 1);
  EXPECT_EQ(snapshot(reading), position);
  std::filesystem::remove(path);
  EXPECT_EQ(snapshot(reading), position);
  EXPECT_EQ(reading.part->progress().done, 4u);
  EXPECT_EQ(reading.part->progress().total, 4u);
}

TEST(LinesSource, SeveralFilesGoOnEachFromItsOwnPosition) {
  const TestFiles files;
  files.write("d/a", "a1\n");
  files.write("d/b", "b1\nb2\n");
  files.write("d/c", "c1\n");
  std::map<std::string, std::string> positions;
  const auto run = [&] {
    Strings values;
    TestHost host;
    host.options["path"] = {files / "d"};
    LinesSource source(host.context(), host.config());
    for (const std::string& name : source.partitions()) {
      Reading reading(host);
      reading.read(name, positions[name]);
      positions[name] = snapshot(reading);
    }
    return host.values;
  };
  EXPECT_EQ(run(), (Strings{"a1", "b1", "b2", "c1"}));
  std::filesystem::remove(files / "d/a");  // is not missed
  files.append("d/b", "b3\n");
  files.write("d/d", "d1\n");
  EXPECT_EQ(run(), (Strings{"b3", "d1"}));
}

TEST(LinesSource, AFileThatIsGoneIsNamed) {
  const TestFiles files;
  TestHost first, second;
  const std::string path = files.write("a", "1\n");
  Reading reading(first);
  reading.read(path);
  std::filesystem::remove(path);
  EXPECT_EQ(failure([&] { Reading(second).read(path, snapshot(reading)); }),
            "cannot read \"" + path + "\": No such file or directory");
}

TEST(LinesSource, AFileOtherThanTheOneThatWasReadIsRefused) {
  const TestFiles files;
  const std::string path = files.write("a", "1\n2\n");
  TestHost first, second;
  Reading reading(first);
  reading.open(path);
  reading.poll(1);
  const std::string position = snapshot(reading);
  files.write("a", "x\ny\n");
  EXPECT_NE(failure([&] { Reading(second).read(path, position); }).find("cannot go on reading"),
            std::string::npos);
}

TEST(LinesSource, StartAtTheEndLeavesOutWhatIsThere) {
  const TestFiles files;
  const std::string path = files.write("a", "old\nhalf");
  TestHost host;
  host.options["start"] = {"end"};
  host.options["follow"] = {"true"};
  Reading reading(host);
  reading.open(path);
  EXPECT_EQ(reading.poll(), SH_AGAIN);
  files.append("a", " a line\nnew\n");
  ASSERT_TRUE(reading.follow(2));
  EXPECT_EQ(host.values, (Strings{"half a line", "new"}));
}

TEST(LinesSource, ATruncatedFileFailsWithTheOffset) {
  const TestFiles files;
  TestHost host;
  Reading reading(host);
  const std::string path = files.write("a", "1\n2\n3\n4\n");
  reading.open(path);
  reading.poll(1);
  std::filesystem::resize_file(path, 3);
  EXPECT_EQ(failure([&] {
              while (reading.poll() != SH_END) {
              }
            }),
            "\"" + path + "\" was truncated to 3 bytes while it was read, at byte 8");
}

TEST(LinesSource, ALongLineIsRejectedOnceAlsoAcrossASnapshot) {
  const TestFiles files;
  const std::string path = files.write("a", "1\n" + std::string(3'000'000, 'x') + "\n2\n");
  TestHost first, second;
  first.options["max_line"] = second.options["max_line"] = {"100"};
  Reading reading(first);
  reading.open(path);
  while (first.rejected.empty()) reading.poll();
  const std::string position = snapshot(reading);
  EXPECT_NE(position.find(" skip=1"), std::string::npos) << position;
  Reading(second).read(path, position);
  EXPECT_EQ(first.reasons, (Strings{"\"" + path +
                                    "\": the line at byte 2 does not end within max_line = 100 "
                                    "bytes"}));
  EXPECT_TRUE(second.rejected.empty());
  EXPECT_EQ(second.values, (Strings{"2"}));
}

TEST(LinesSource, RangesAreTheWholeFileWithEachLineOnce) {
  std::mt19937 engine(2);
  const auto random = [&](uint32_t below) { return static_cast<uint32_t>(engine()) % below; };
  const TestFiles files;
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (uint32_t i = random(40); i > 0; --i) text += std::string(random(6), 'x') + "\n";
    if (random(2) == 0) text += "last";
    const std::string path = files.write("a", text);
    TestHost whole, parts;
    Reading(whole).read(path);
    parts.options["path"] = {path};
    parts.options["ranges"] = {std::to_string(2 + random(9))};
    LinesSource source(parts.context(), parts.config());
    for (const std::string& name : source.partitions()) {
      Reading reading(parts);
      reading.open(name);
      while (reading.poll(1 + random(4)) != SH_END) {
        if (random(3) == 0) reading.open(name, snapshot(reading));
      }
    }
    ASSERT_EQ(parts.values, whole.values) << text;
  }
}

TEST(LinesSource, RangesThatWereReadGoOnWhenTheFileGrew) {
  const TestFiles files;
  const std::string path = files.write("a", "1\n2\n3\n4\n5\n6\n");
  Strings values;
  Strings positions(3);
  for (int run = 0; run < 2; ++run) {
    for (size_t i = 0; i < 3; ++i) {
      TestHost host;
      host.options["path"] = {path};
      host.options["ranges"] = {"3"};
      Reading reading(host);
      reading.read(format_part({path, static_cast<uint32_t>(i), 3}), positions[i]);
      positions[i] = snapshot(reading);
      values.insert(values.end(), host.values.begin(), host.values.end());
    }
    files.append("a", "7\n8\n9\n10\n11\n");
  }
  EXPECT_EQ(values, (Strings{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}));
}

// Wherever the file ended, and wherever the ranges were interrupted.
TEST(LinesSource, RangesReadWhatWasAddedAsTheWholeFileDoes) {
  std::mt19937 engine(5);
  const auto random = [&](uint32_t below) { return static_cast<uint32_t>(engine()) % below; };
  const TestFiles files;
  for (int round = 0; round < 300; ++round) {
    const auto text = [&] {
      std::string t;
      for (uint32_t i = random(20); i > 0; --i) t += "xxx\n"[random(4)];
      return t;
    };
    const std::string begin = text(), rest = text();
    const uint32_t ranges = 2 + random(5);
    const std::string path = files.write("a", begin);
    TestHost whole, parts;
    std::string position;
    Strings positions(ranges);
    for (int run = 0; run < 2; ++run) {
      Reading one(whole);
      one.read(path, position);
      position = snapshot(one);
      parts.options["path"] = {path};
      parts.options["ranges"] = {std::to_string(ranges)};
      for (uint32_t i = 0; i < ranges; ++i) {
        const std::string name = format_part({path, i, ranges});
        Reading reading(parts);
        reading.open(name, positions[i]);
        while (reading.poll(1 + random(2)) != SH_END) {
          if (random(3) == 0) reading.open(name, snapshot(reading));
        }
        positions[i] = snapshot(reading);
      }
      ASSERT_EQ(parts.values, whole.values) << begin << "|" << rest << "|" << ranges;
      files.append("a", rest);
    }
  }
}

TEST(LinesSource, RangesOfAFileThatChangesMeanwhileFail) {
  const TestFiles files;
  const std::string path = files.write("a", "1\n2\n3\n4\n");
  TestHost host;
  host.options["path"] = {path};
  host.options["ranges"] = {"2"};
  Reading reading(host);
  reading.open(path + "#0/2");
  files.append("a", "5\n");
  EXPECT_EQ(failure([&] {
              while (reading.poll() != SH_END) {
              }
            }),
            "\"" + path +
                "\" changed its size from 8 bytes while it was read in ranges; without "
                "`ranges` it may grow");
}

TEST(LinesSource, OptionsThatContradictEachOtherAreRefused) {
  TestHost host;
  host.options["path"] = {"a"};
  host.options["ranges"] = {"2"};
  host.options["follow"] = {"true"};
  EXPECT_NE(failure([&] { LinesSource source(host.context(), host.config()); }), "");
}

struct Following : testing::Test {
  Following() : reading(host) { host.options["follow"] = {"true"}; }
  const TestFiles files;
  TestHost host;
  Reading reading;
};

TEST_F(Following, NewLinesWakeTheWorkerAndHalfLinesWait) {
  const std::string path = files.write("a", "1\n");
  reading.open(path);
  ASSERT_TRUE(reading.follow(1));
  EXPECT_EQ(reading.poll(), SH_AGAIN);
  files.append("a", "2");
  files.append("a", "2\n3");
  ASSERT_TRUE(reading.follow(2));
  files.append("a", "\n");
  ASSERT_TRUE(reading.follow(3));
  EXPECT_EQ(host.values, (Strings{"1", "22", "3"}));
}

TEST_F(Following, ARotatedFileIsReadToItsEndThenTheNewOne) {
  const std::string path = files.write("a", "1\n");
  reading.open(path);
  ASSERT_TRUE(reading.follow(1));
  std::filesystem::rename(path, files / "a.1");
  files.append("a.1", "2\n");
  ASSERT_TRUE(reading.follow(2));
  files.append("a.1", "3");
  files.write("a", "4\n");
  ASSERT_TRUE(reading.follow(4));
  files.append("a", "5\n");
  ASSERT_TRUE(reading.follow(5));
  EXPECT_EQ(host.values, (Strings{"1", "2", "3", "4", "5"}));
}

TEST_F(Following, ADeletedFileThatComesAgainIsReadFromItsStart) {
  const std::string path = files.write("a", "1\n");
  reading.open(path);
  ASSERT_TRUE(reading.follow(1));
  std::filesystem::remove(path);
  EXPECT_EQ(reading.poll(), SH_AGAIN);
  files.write("a", "2\n");
  ASSERT_TRUE(reading.follow(2));
  EXPECT_EQ(host.values, (Strings{"1", "2"}));
}

TEST_F(Following, ATruncatedFileIsReadFromItsStart) {
  const std::string path = files.write("a", "first\n");
  reading.open(path);
  ASSERT_TRUE(reading.follow(1));
  std::filesystem::resize_file(path, 0);
  files.append("a", "2\n");
  ASSERT_TRUE(reading.follow(2));
  EXPECT_EQ(host.values, (Strings{"first", "2"}));
  ASSERT_EQ(host.logs.size(), 1u);
  EXPECT_NE(host.logs[0].find("was truncated to"), std::string::npos);
}

TEST_F(Following, ARotationBetweenTwoRunsLosesNothing) {
  const std::string path = files.write("a", "1\n2\n3\n");
  reading.open(path);
  reading.poll(2);
  const std::string position = snapshot(reading);
  files.append("a", "4\n");
  std::filesystem::rename(path, files / "a.1");
  files.write("a", "5\n");
  TestHost second;
  second.options["follow"] = {"true"};
  Reading again(second);
  again.open(path, position);
  ASSERT_TRUE(again.follow(3));
  EXPECT_EQ(second.values, (Strings{"3", "4", "5"}));
}

}  // namespace
}  // namespace file_plugin
