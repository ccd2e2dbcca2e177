// Snapshots and resume as a user meets them: the flags, the verbs, what the store's listing says.
// Crashes and damaged stores are tested in tests/crash.
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "e2e/json_check.h"
#include "support/process.h"

namespace streamhost::testing {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class Recovery : public ::testing::Test {
 protected:
  // Counts `count` numbers by ten keys, as slowly as `rate` a second says (0: at once).
  std::string job(int count, int rate = 0, const std::string& more = "") {
    return dir_.write("job.toml",
                      "name = \"counting\"\n"
                      "[source.numbers]\nuse = \"demo.sequence\"\nkeys = 10\ncount = " +
                          std::to_string(count) + "\nrate = " + std::to_string(rate) +
                          "\n[operator.counts]\nuse = \"core.count_final\"\n"
                          "from = \"numbers\"\n[sink.out]\nuse = \"file.lines\"\n"
                          "from = \"counts\"\npath = \"out.tsv\"\n"
                          "format = \"{key}\\t{value}\"\n[run]\nepoch = \"20ms\"\n" +
                          more);
  }
  std::string store() const { return dir_ / "state"; }

  TempDir dir_;
};

TEST_F(Recovery, AJobThatIsDrainedGoesOnWhereItWas) {
  const std::string manifest = job(4000, 8000);
  Child first({streamhost_path(), "-m", manifest, "-r", store()});
  // Some epochs later.
  for (int i = 0; i < 200 && !has(streamhost({"recovery", "show", "-r", store()}).out, "\n5 ");
       ++i) {
  }
  first.signal(SIGTERM);
  EXPECT_EQ(first.wait().status, 0);
  EXPECT_EQ(read_file(dir_ / "out.tsv"), "")
      << "the input goes on, so there is no final result yet";
  const RunResult second = streamhost({"-m", manifest, "-r", store(), "-w", "3"});
  EXPECT_EQ(second.status, 0) << second.err;
  EXPECT_TRUE(has(second.err, "resuming from epoch")) << second.err;
  const auto lines = sorted_lines(read_file(dir_ / "out.tsv"));
  ASSERT_EQ(lines.size(), 10u);
  for (const std::string& line : lines) EXPECT_TRUE(has(line, "\t400")) << line;
}

TEST_F(Recovery, AFinishedJobDoesNothingWhenItIsStartedAgain) {
  const std::string manifest = job(1000);
  ASSERT_EQ(streamhost({"-m", manifest, "-r", store()}).status, 0);
  const std::string out = read_file(dir_ / "out.tsv");
  EXPECT_EQ(streamhost({"-m", manifest, "-r", store(), "-w", "2"}).status, 0);
  EXPECT_EQ(read_file(dir_ / "out.tsv"), out);
}

TEST_F(Recovery, InitMakesAStoreThatTheJobThenUses) {
  const std::string manifest = job(100, 0, "[recovery]\ndirectory = \"state\"\npartitions = 3\n");
  const RunResult made = streamhost({"recovery", "init", "-m", manifest});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_TRUE(has(made.out, "\"counting\", 3 partitions")) << made.out;
  EXPECT_EQ(streamhost({"-m", manifest}).status, 0);
  const RunResult shown = streamhost({"recovery", "show", "-m", manifest});
  EXPECT_EQ(shown.status, 0);
  for (const char* part : {"dataflow    \"counting\"", "partitions  3", "from epoch 2", "counts",
                           "core.count_final", "demo.sequence"}) {
    EXPECT_TRUE(has(shown.out, part)) << part << " in\n" << shown.out;
  }
}

TEST_F(Recovery, InitWithoutAManifestTakesAName) {
  const RunResult made = streamhost(
      {"recovery", "init", "-r", store(), "--name", "other", "--recovery-partitions", "2"});
  EXPECT_EQ(made.status, 0) << made.err;
  const RunResult wrong = streamhost({"-m", job(10), "-r", store()});
  EXPECT_EQ(wrong.status, 4);
  EXPECT_TRUE(has(wrong.err, "\"other\"")) << wrong.err;
}

TEST_F(Recovery, InitRefusesWhereThereIsAStore) {
  ASSERT_EQ(streamhost({"recovery", "init", "-r", store(), "--name", "a"}).status, 0);
  const RunResult again = streamhost({"recovery", "init", "-r", store(), "--name", "a"});
  EXPECT_EQ(again.status, 4);
  EXPECT_TRUE(has(again.err, "there is a recovery store already")) << again.err;
}

TEST_F(Recovery, ShowSpeaksJson) {
  ASSERT_EQ(streamhost({"-m", job(100), "-r", store()}).status, 0);
  const RunResult shown = streamhost({"recovery", "show", "-r", store(), "--json"});
  EXPECT_EQ(shown.status, 0);
  EXPECT_TRUE(is_json(shown.out)) << shown.out;
  EXPECT_TRUE(has(shown.out, "\"dataflow\":\"counting\"")) << shown.out;
}

TEST_F(Recovery, WhatIsMissingOnTheCommandLineIsSaid) {
  const RunResult none = streamhost({"recovery", "show"});
  EXPECT_EQ(none.status, 2);
  EXPECT_TRUE(has(none.err, "--recovery-directory DIR")) << none.err;
  const RunResult unnamed = streamhost({"recovery", "show", "-m", job(1)});
  EXPECT_EQ(unnamed.status, 2);
  EXPECT_TRUE(has(unnamed.err, "names no recovery store")) << unnamed.err;
  const RunResult nameless = streamhost({"recovery", "init", "-r", store()});
  EXPECT_EQ(nameless.status, 2);
  EXPECT_TRUE(has(nameless.err, "--name NAME")) << nameless.err;
  const RunResult drop = streamhost({"-m", job(1), "--drop-state", "counts"});
  EXPECT_EQ(drop.status, 2);
  EXPECT_TRUE(has(drop.err, "--drop-state needs a recovery store")) << drop.err;
}

TEST_F(Recovery, ShowRefusesADirectoryWithoutAStore) {
  const RunResult shown = streamhost({"recovery", "show", "-r", store()});
  EXPECT_EQ(shown.status, 4);
  EXPECT_TRUE(has(shown.err, store())) << shown.err;
}

TEST_F(Recovery, AnInputThatWasReplacedIsRefusedAndNothingElseIsTouched) {
  const std::string manifest =
      dir_.write("copy.toml",
                 "name = \"copy\"\n[source.in]\nuse = \"file.lines\"\npath = \"in.txt\"\n"
                 "[sink.out]\nuse = \"file.lines\"\nfrom = \"in\"\npath = \"out.txt\"\n");
  dir_.write("in.txt", "one\ntwo\n");
  ASSERT_EQ(streamhost({"-m", manifest, "-r", store()}).status, 0);
  dir_.write("in.txt", "three\nfour\nfive\n");
  const RunResult refused = streamhost({"-m", manifest, "-r", store()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_TRUE(has(refused.err, "in.txt")) << refused.err;
  EXPECT_TRUE(has(refused.err, "since the snapshot")) << refused.err;
  EXPECT_EQ(read_file(dir_ / "out.txt"), "one\ntwo\n");
}

TEST_F(Recovery, SinksThatMayRepeatRecordsSaySo) {
  const auto print = [this](const std::string& sink) {
    return dir_.write("print.toml",
                      "name = \"print\"\n[source.n]\nuse = \"demo.sequence\"\ncount = "
                      "3\n[sink.out]\nfrom = \"n\"\n" +
                          sink);
  };
  const std::string out = print("use = \"stdio.lines\"\n");
  ASSERT_EQ(streamhost({"-m", out, "-r", store()}).status, 0);
  const RunResult again = streamhost({"-m", out, "-r", store()});
  EXPECT_TRUE(has(again.err, "cannot be cut back")) << again.err;
  const RunResult slow = streamhost(
      {"-m", print("use = \"testing.slow\"\ndelay = \"1ms\"\n"), "-r", dir_ / "another"});
  EXPECT_EQ(slow.status, 0) << slow.err;
  EXPECT_TRUE(has(slow.err, "at least once")) << slow.err;
}

}  // namespace
}  // namespace streamhost::testing
