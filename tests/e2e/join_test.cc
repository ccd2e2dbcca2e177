// core.join and join.interval through the real host.
#include <gtest/gtest.h>

#include "support/process.h"

namespace streamhost::testing {
namespace {

using Lines = std::vector<std::string>;

// A script of records "KEY=VALUE", one at a time.
std::string script(const std::string& id, const Lines& items, const std::string& more = "") {
  std::string text =
      "[source." + id + "]\nuse = \"testing.script\"\nkey = true\nbatch = 1\n" + more + "items = [";
  for (const std::string& item : items) text += "'" + item + "',";
  return text + "]\n";
}

const std::string kSink =
    "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"result\"\nformat = '{key}={value}'\n";

RunResult run_job(const std::string& steps, Lines arguments = {"-w", "1"}) {
  const TempDir folder;
  arguments.insert(
      arguments.begin(),
      {"--manifest", folder.write("job.toml", "name = \"join_test\"\n" + steps + kSink)});
  return streamhost(arguments);
}

Lines results(const std::string& steps, int workers = 1) {
  const RunResult run = run_job(steps, {"-w", std::to_string(workers)});
  EXPECT_EQ(run.status, 0) << run.err;
  return sorted_lines(run.out);
}

// The error of a job that must not begin.
std::string refusal(const std::string& steps) {
  const RunResult run = run_job(steps);
  EXPECT_NE(run.status, 0);
  EXPECT_EQ(run.out, "");
  return run.err;
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::string kPeople =
    script("names", {"1=Bee", "2=Hive", "1=Bea"}) + script("mails", {"1=bee@x", "3=c@x"});

std::string join(const std::string& options) {
  return "[operator.result]\nuse = \"core.join\"\nfrom = { name = \"names\", email = \"mails\" "
         "}\n" +
         options;
}

TEST(JoinInAJob, CompletePutsOutKeysThatAllInputsHave) {
  for (const int workers : {1, 3}) {
    EXPECT_EQ(results(script("names", {"1=Bee", "2=Hive"}) + script("mails", {"1=bee@x", "3=c@x"}) +
                          join(""),
                      workers),
              (Lines{R"(1={"name":"Bee","email":"bee@x"})"}));
  }
}

TEST(JoinInAJob, FinalPutsOutAllKeysAtTheEnd) {
  for (const int workers : {1, 3}) {
    EXPECT_EQ(results(kPeople + join("emit = \"final\"\n"), workers),
              (Lines{R"(1={"name":"Bea","email":"bee@x"})", R"(2={"name":"Hive","email":null})",
                     R"(3={"name":null,"email":"c@x"})"}));
  }
}

TEST(JoinInAJob, FinalTakesTheFirstValueOrAllOfThem) {
  EXPECT_EQ(results(kPeople + join("emit = \"final\"\ninsert = \"first\"\n"))[0],
            R"(1={"name":"Bee","email":"bee@x"})");
  const Lines product = results(kPeople + join("emit = \"final\"\ninsert = \"product\"\n"), 2);
  ASSERT_EQ(product.size(), 4u);
  EXPECT_EQ(product[0], R"(1={"name":"Bea","email":"bee@x"})");
  EXPECT_EQ(product[1], R"(1={"name":"Bee","email":"bee@x"})");
}

TEST(JoinInAJob, ARecordBeyondTheLimitFailsTheJobOrIsSkipped) {
  const std::string steps = script("names", {"1=a", "1=b", "1=c"}) + script("mails", {"2=m"}) +
                            join("emit = \"final\"\ninsert = \"product\"\nlimit = 2\n");
  const RunResult failed = run_job(steps);
  EXPECT_EQ(failed.status, 1);
  EXPECT_TRUE(mentions(failed.err, "its key has 2 values already")) << failed.err;
  EXPECT_EQ(results(steps + "on_error = \"skip\"\n").size(), 3u);
}

TEST(JoinInAJob, WrongOptionsAreRefusedBeforeTheJobRuns) {
  const std::string two = script("names", {"1=a"}) + script("mails", {"1=b"});
  EXPECT_TRUE(mentions(refusal(two + join("emit = \"full\"\n")), "\"full\""));
  const std::string unnamed =
      refusal(two + "[operator.result]\nuse = \"core.join\"\nfrom = [\"names\", \"mails\"]\n");
  EXPECT_TRUE(mentions(unnamed, "from = {")) << unnamed;
}

TEST(JoinInAJob, WhatWasJoinedSoFarOutlivesAFailure) {
  const TempDir folder;
  const std::string manifest = folder.write(
      "job.toml", "name = \"join_test\"\n" +
                      script("names", {"1=Bee", "PAUSE 500ms", "ABORT"},
                             "once = \"" + (folder / "aborted") + "\"\n") +
                      script("mails", {"WAIT " + (folder / "go"), "1=bee@x"}) + join("") + kSink);
  const Lines command{"--manifest", manifest, "-w", "1", "-r", folder / "store", "-s", "50ms"};
  const RunResult failed = streamhost(command);
  EXPECT_EQ(failed.status, 1) << failed.err;
  EXPECT_EQ(failed.out, "");
  folder.write("go", "");
  Lines again = command;
  again[3] = "2";
  const RunResult resumed = streamhost(again);
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(resumed.out, "1={\"name\":\"Bee\",\"email\":\"bee@x\"}\n");
}

// Records `{"s":"l","k":"a","t":100,"v":1}` by one script to the streams `left` and `right`, with
// key and event time, t in seconds.
std::string two_streams(const Lines& items, const std::string& watermark = "wait = \"0s\"",
                        const std::string& more = "") {
  std::string steps = "[source.in]\nuse = \"testing.script\"\nbatch = 1\n" + more + "items = [";
  for (const std::string& item : items) steps += "'" + item + "',";
  steps +=
      "]\n[operator.timed]\nuse = \"json.extract\"\nfrom = \"in\"\nkey = \"/k\"\ntime = \"/t\"\n";
  steps += "time_format = \"unix\"\n";
  if (!watermark.empty()) steps += "watermark = { " + watermark + " }\n";
  for (const std::string side : {"left", "right"}) {
    steps += "[operator." + side +
             "_all]\nuse = \"json.filter\"\nfrom = \"timed\"\npointer = \"/s\"\n" + "value = \"" +
             side.substr(0, 1) + "\"\n[operator." + side + "]\nuse = \"json.extract\"\nfrom = \"" +
             side + "_all\"\nvalue = \"/v\"\n";
  }
  return steps;
}

std::string item(char side, int time, int value, char key = 'a') {
  return std::string("{\"s\":\"") + side + "\",\"k\":\"" + key +
         "\",\"t\":" + std::to_string(time) + ",\"v\":" + std::to_string(value) + "}";
}

TEST(JoinInAJob, RunningPutsOutWhatIsThereAfterEachRecord) {
  // One script, so that the order is sure.
  EXPECT_EQ(results(two_streams({item('l', 1, 1), item('r', 2, 2), item('l', 3, 3)}) +
                    "[operator.result]\nuse = \"core.join\"\nemit = \"running\"\n"
                    "from = { name = \"left\", email = \"right\" }\n"),
            (Lines{R"(a={"name":1,"email":2})", R"(a={"name":1,"email":null})",
                   R"(a={"name":3,"email":2})"}));
}

std::string interval(const std::string& options) {
  return "[operator.result]\nuse = \"join.interval\"\nfrom = { bid = \"left\", ask = \"right\" }\n"
         "before = \"10s\"\nafter = \"20s\"\n" +
         options;
}

const Lines kTrades{item('l', 100, 1), item('r', 90, 2),  item('r', 120, 3),
                    item('r', 121, 4), item('l', 200, 5), item('r', 100, 6, 'b')};

TEST(IntervalJoinInAJob, PairsWhatIsCloseInTime) {
  for (const int workers : {1, 3}) {
    EXPECT_EQ(results(two_streams(kTrades, "wait = \"1h\"") + interval(""), workers),
              (Lines{R"(a={"bid":1,"ask":2})", R"(a={"bid":1,"ask":3})"}));
  }
}

TEST(IntervalJoinInAJob, LeftAndOuterPutOutWhatIsAlone) {
  const Lines left{R"(a={"bid":1,"ask":2})", R"(a={"bid":1,"ask":3})", R"(a={"bid":5,"ask":null})"};
  EXPECT_EQ(results(two_streams(kTrades, "wait = \"1h\"") + interval("mode = \"left\"\n"), 2),
            left);
  Lines outer = left;
  outer.push_back(R"(a={"bid":null,"ask":4})");
  outer.push_back(R"(b={"bid":null,"ask":6})");
  EXPECT_EQ(results(two_streams(kTrades, "wait = \"1h\"") + interval("mode = \"outer\"\n"), 2),
            outer);
}

TEST(IntervalJoinInAJob, LateRecordsLeaveByTheirPort) {
  EXPECT_EQ(
      results(two_streams({item('l', 100, 1), item('r', 100, 2), item('r', 99, 3)}) + interval("") +
              "[sink.late]\nuse = \"stdio.lines\"\nfrom = \"result.late\"\n"
              "format = 'late {key}={value}'\n"),
      (Lines{R"(a={"bid":1,"ask":2})", "late a=3"}));
}

TEST(IntervalJoinInAJob, UnmatchedRecordsAreNotLateForAWindowBehind) {
  const RunResult run = run_job(
      two_streams({item('l', 100, 1), item('l', 111, 2), item('l', 300, 3)}) +
      "[operator.joined]\nuse = \"join.interval\"\nfrom = { a = \"left\", b = \"right\" }\n"
      "after = \"20s\"\nmode = \"left\"\n"
      "[operator.result]\nuse = \"window.count\"\nfrom = \"joined\"\n"
      "window = { kind = \"tumbling\", length = \"10s\" }\n"
      "[sink.late]\nuse = \"stdio.lines\"\nfrom = \"result.late\"\nformat = 'late {value}'\n");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_FALSE(mentions(run.out, "late")) << run.out;
  EXPECT_TRUE(mentions(run.out, "\"value\":1")) << run.out;
}

TEST(IntervalJoinInAJob, AClockPerKeyOrOfTheSystemNeedsNoWatermark) {
  EXPECT_EQ(results(two_streams(kTrades, "") +
                    interval("clock = { kind = \"event\", per = \"key\", wait = \"1h\" }\n")),
            (Lines{R"(a={"bid":1,"ask":2})", R"(a={"bid":1,"ask":3})"}));
  EXPECT_EQ(results(two_streams({item('l', 1, 1), item('r', 99999, 2)}, "") +
                    interval("clock = { kind = \"system\" }\n")),
            (Lines{R"(a={"bid":1,"ask":2})"}));
}

TEST(IntervalJoinInAJob, UnderTheSystemClockWhatIsAloneComesWhenItsTimeIsUp) {
  const TempDir folder;
  const std::string manifest =
      folder.write("job.toml", "name = \"join_test\"\n" +
                                   two_streams({item('l', 1, 1), "WAIT " + (folder / "go")}, "") +
                                   "[operator.result]\nuse = \"join.interval\"\n"
                                   "from = { bid = \"left\", ask = \"right\" }\nafter = \"100ms\"\n"
                                   "mode = \"left\"\nclock = { kind = \"system\" }\n" +
                                   kSink);
  Child job({streamhost_path(), "--manifest", manifest});
  EXPECT_TRUE(job.wait_for_output(R"(a={"bid":1,"ask":null})"));
  folder.write("go", "");
  EXPECT_EQ(job.wait().status, 0);
}

TEST(IntervalJoinInAJob, WhatWaitsForAMatchOutlivesAFailure) {
  const TempDir folder;
  const std::string manifest = folder.write(
      "job.toml", "name = \"join_test\"\n" +
                      two_streams({item('l', 100, 1), item('l', 101, 2), "PAUSE 500ms", "ABORT",
                                   item('r', 90, 3), item('r', 500, 4)},
                                  "wait = \"30s\"", "once = \"" + (folder / "aborted") + "\"\n") +
                      interval("mode = \"left\"\n") + kSink);
  const auto command = [&](const char* workers) {
    return Lines{"--manifest", manifest, "-w", workers, "-r", folder / "store", "-s", "50ms"};
  };
  const RunResult failed = streamhost(command("1"));
  EXPECT_EQ(failed.status, 1) << failed.err;
  EXPECT_EQ(failed.out, "");
  const RunResult resumed = streamhost(command("2"));
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(sorted_lines(resumed.out),
            (Lines{R"(a={"bid":1,"ask":3})", R"(a={"bid":2,"ask":null})"}));
}

TEST(IntervalJoinInAJob, WrongOptionsAreRefusedBeforeTheJobRuns) {
  const std::string no_time = refusal(two_streams(kTrades, "") + interval(""));
  EXPECT_TRUE(mentions(no_time, "step \"result\"")) << no_time;
  EXPECT_TRUE(mentions(no_time, "this step needs event time")) << no_time;
  const std::string neither = refusal(
      two_streams(kTrades) +
      "[operator.result]\nuse = \"join.interval\"\nfrom = { bid = \"left\", ask = \"right\" }\n");
  EXPECT_TRUE(mentions(neither, "say how far apart two records may be")) << neither;
  const std::string negative = refusal(
      two_streams(kTrades) +
      "[operator.result]\nuse = \"join.interval\"\nfrom = { bid = \"left\", ask = \"right\" }\n"
      "before = \"-1s\"\n");
  EXPECT_TRUE(mentions(negative, "before")) << negative;
}

}  // namespace
}  // namespace streamhost::testing
