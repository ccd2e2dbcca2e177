// Event time as a user meets it: watermarks in manifests, and the windows that close by them.
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>

#include "support/process.h"

namespace streamhost::testing {
namespace {

using Lines = std::vector<std::string>;

// At `time` of one morning, as "10:00:05".
std::string event(const std::string& key, const std::string& time, int v = 1) {
  return "{\"id\":\"" + key + "\",\"ts\":\"2024-05-01T" + time + "Z\",\"v\":" + std::to_string(v) +
         "}";
}

std::string lines_of(const Lines& events) {
  std::string text;
  for (const std::string& each : events) text += each + "\n";
  return text;
}

// The line that a window of a minute gives, of which `time` is the hour and minute.
std::string minute(const std::string& key, int hour, int from, const std::string& value) {
  const auto at = [hour](int m) {
    char text[32];
    std::snprintf(text, sizeof text, "2024-05-01T%02d:%02d:00Z", hour + m / 60, m % 60);
    return std::string(text);
  };
  // Window 0 opens with the year 1970.
  const int64_t id = 1'714'521'600 / 60 + hour * 60 + from;
  return key + " {\"window_id\":" + std::to_string(id) + ",\"open\":\"" + at(from) +
         "\",\"close\":\"" + at(from + 1) + "\",\"value\":" + value + "}";
}

const std::string kWait = "watermark = { wait = \"5s\" }\n";
const std::string kMinute = "window = { kind = \"tumbling\", length = \"1m\" }\n";
const std::string kCount = "use = \"window.count\"\n";

// Key and time out of the values of step `in`, as step `timed`.
std::string timed(const std::string& options = kWait, const std::string& in = "in",
                  const std::string& name = "timed") {
  return "[operator." + name + "]\nuse = \"json.extract\"\nfrom = \"" + in +
         "\"\nkey = \"/id\"\ntime = \"/ts\"\n" + options;
}

std::string windows(const std::string& options) {
  return "[operator.windows]\nfrom = \"timed\"\n" + options;
}

std::string lines_sink(const std::string& name, const std::string& from,
                       const std::string& use = "use = \"stdio.lines\"\n",
                       const std::string& before = "") {
  return "[sink." + name + "]\n" + use + "from = \"" + from + "\"\nformat = '" + before +
         "{key} {value}'\n";
}
const std::string kOut = lines_sink("out", "windows");
const std::string kLate = lines_sink("late", "windows.late", "use = \"stdio.lines\"\n", "late: ");

// One record, and so one watermark, after the other. Between workers several records may share one;
// what comes after a PAUSE has another.
std::string script(const Lines& items, const std::string& name = "in") {
  std::string text = "[source." + name + "]\nuse = \"testing.script\"\nbatch = 1\nitems = [";
  for (const std::string& item : items) text += "'" + item + "',";
  return text + "]\n";
}

std::string file_source(const std::string& path, const std::string& options = "") {
  return "[source.in]\nuse = \"file.lines\"\npath = \"" + path + "\"\n" + options;
}

class Time : public ::testing::Test {
 protected:
  Lines command(const std::string& steps, const Lines& arguments = {}) const {
    Lines all = {"--manifest", folder_.write("job.toml", "name = \"time_test\"\n" + steps)};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
  // The output of a job that must succeed, sorted.
  Lines results(const std::string& steps, int workers = 1) const {
    const RunResult run = streamhost(command(steps, {"-w", std::to_string(workers)}));
    EXPECT_EQ(run.status, 0) << run.err;
    return sorted_lines(run.out);
  }
  Lines running(const std::string& steps, const Lines& arguments = {}) const {
    Lines all = command(steps, arguments);
    all.insert(all.begin(), streamhost_path());
    return all;
  }
  void append(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::app) << text;
  }

  TempDir folder_;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(Time, WindowsOfAFileAreOpenInclusiveAndCloseExclusiveAndAllCloseAtItsEnd) {
  folder_.write("in.jsonl", lines_of({event("a", "10:00:00", 1), event("b", "10:00:30", 2),
                                      event("a", "10:00:59.999999", 3), event("a", "10:01:00", 4),
                                      event("b", "10:00:58", 5), event("a", "10:07:00", 6)}));
  const std::string steps =
      file_source("in.jsonl") + timed() +
      windows(
          "use = \"window.aggregate\"\naggregate = { n = \"agg.count\", total = { use = "
          "\"agg.sum\", of = \"/v\" } }\n" +
          kMinute) +
      kOut;
  const Lines expected = {
      minute("a", 10, 0, R"({"n":2,"total":4})"), minute("a", 10, 1, R"({"n":1,"total":4})"),
      minute("a", 10, 7, R"({"n":1,"total":6})"), minute("b", 10, 0, R"({"n":2,"total":7})")};
  EXPECT_EQ(results(steps, 1), expected);
  EXPECT_EQ(results(steps, 2), expected);
}

TEST_F(Time, WhatIsLateGoesToItsPortAndNowhereElse) {
  // The watermark is 10:01:00 when the last three come.
  const std::string steps = script({event("a", "10:00:10"), event("a", "10:01:05"), "PAUSE 50ms",
                                    event("a", "10:01:00", 2), event("a", "10:00:59.999999", 3),
                                    event("b", "10:00:59", 4)}) +
                            timed() + windows(kCount + kMinute) + kOut + kLate;
  const Lines expected = {minute("a", 10, 0, "1"), minute("a", 10, 1, "2"),
                          "late: a " + event("a", "10:00:59.999999", 3),
                          "late: b " + event("b", "10:00:59", 4)};
  EXPECT_EQ(results(steps, 1), expected);
  EXPECT_EQ(results(steps, 2), expected);
}

TEST_F(Time, WhatIsLateWithinTheAllowedLatenessChangesItsWindow) {
  const std::string steps = script({event("a", "10:00:10"), event("a", "10:01:05"), "PAUSE 50ms",
                                    event("a", "10:00:50"), event("a", "10:00:49.999999")}) +
                            timed() + windows(kCount + "allowed_lateness = \"10s\"\n" + kMinute) +
                            kOut + kLate;
  const Lines expected = {minute("a", 10, 0, "1"), minute("a", 10, 0, "2"), minute("a", 10, 1, "1"),
                          "late: a " + event("a", "10:00:49.999999")};
  EXPECT_EQ(results(steps, 1), expected);
  EXPECT_EQ(results(steps, 2), expected);
}

// The watermark rides behind the records that moved it.
TEST_F(Time, ARecordIsNotLateForAnotherOfItsBatch) {
  const Lines events = {event("a", "10:00:10"), event("a", "10:05:00"), event("a", "10:00:20")};
  folder_.write("in.jsonl", lines_of(events));
  const std::string steps =
      file_source("in.jsonl") + timed() + windows(kCount + kMinute) + kOut + kLate;
  EXPECT_EQ(results(steps), (Lines{minute("a", 10, 0, "2"), minute("a", 10, 5, "1")}));
  EXPECT_EQ(results("[run]\nbatch_size = 1\n" + steps),
            (Lines{minute("a", 10, 0, "1"), minute("a", 10, 5, "1"), "late: a " + events[2]}));
}

TEST_F(Time, ASourceThatKnowsTheTimeSaysTheWatermarkItself) {
  for (const int workers : {1, 2}) {
    const std::string steps =
        "[source.timed]\nuse = \"demo.sequence\"\ncount = 180\nkeys = 1\npartitions = 2\n"
        "time_start = 2024-05-01T10:00:00Z\ntime_step = \"1s\"\nwatermark = { wait = \"0s\" }\n" +
        windows(kCount + kMinute) + kOut + kLate;
    EXPECT_EQ(results(steps, workers),
              (Lines{minute("k0000000", 10, 0, "60"), minute("k0000000", 10, 1, "60"),
                     minute("k0000000", 10, 2, "60")}));
  }
}

TEST_F(Time, TheWatermarkIsTheLeastOfItsPartitionsAndOfItsUpstreams) {
  // `slow` has come to 10:00:20 when `fast` is at 10:05; nothing of it is late.
  const std::string steps =
      script({event("a", "10:05:00"), "PAUSE 300ms"}, "fast") +
      script({event("a", "10:00:20"), "PAUSE 200ms", event("a", "10:00:40")}, "slow") +
      timed(kWait, "fast", "one") + timed(kWait, "slow", "two") +
      "[operator.windows]\nfrom = [\"one\", \"two\"]\n" + kCount + kMinute + kOut + kLate;
  const Lines expected = {minute("a", 10, 0, "2"), minute("a", 10, 5, "1")};
  EXPECT_EQ(results(steps, 1), expected);
  EXPECT_EQ(results(steps, 2), expected);
}

TEST_F(Time, ASilentPartitionHoldsNothingBackAfterIdle) {
  folder_.write("in/a.jsonl", lines_of({event("a", "10:00:10"), event("a", "10:03:00")}));
  folder_.write("in/b.jsonl", lines_of({event("b", "10:00:00")}));
  Child job(running(file_source("in", "follow = true\n") +
                        timed("watermark = { wait = \"5s\", idle = \"100ms\" }\n") +
                        windows(kCount + kMinute) + kOut + kLate,
                    {"-w", "2"}));
  ASSERT_TRUE(job.wait_for_output(minute("a", 10, 0, "1"))) << job.err();
  ASSERT_TRUE(job.wait_for_output(minute("b", 10, 0, "1"))) << job.err();
  // It speaks again: that is late now, and counts from here on.
  append("in/b.jsonl", lines_of({event("b", "10:00:30")}));
  EXPECT_TRUE(job.wait_for_output("late: b " + event("b", "10:00:30"))) << job.err();
  EXPECT_FALSE(has(job.out(), minute("a", 10, 3, "1")));
  job.signal(SIGTERM);
  EXPECT_EQ(job.wait().status, 0);
}

TEST_F(Time, WithoutIdleASilentPartitionIsWaitedFor) {
  folder_.write("in/a.jsonl", lines_of({event("a", "10:00:10"), event("a", "10:03:00")}));
  folder_.write("in/b.jsonl", lines_of({event("b", "10:00:00")}));
  Child job(running(file_source("in", "follow = true\n") + timed() + windows(kCount + kMinute) +
                        kOut + kLate + lines_sink("seen", "timed", "use = \"stdio.lines\"\n", "+ "),
                    {"-w", "2"}));
  ASSERT_TRUE(job.wait_for_output(event("a", "10:03:00"))) << job.err();
  append("in/b.jsonl", lines_of({event("b", "10:00:30")}));
  ASSERT_TRUE(job.wait_for_output(event("b", "10:00:30"))) << job.err();
  append("in/b.jsonl", lines_of({event("b", "10:02:00")}));
  EXPECT_TRUE(job.wait_for_output(minute("a", 10, 0, "1"))) << job.err();
  EXPECT_TRUE(job.wait_for_output(minute("b", 10, 0, "2"))) << job.err();
  job.signal(SIGTERM);
  EXPECT_EQ(job.wait().status, 0);
  EXPECT_FALSE(has(job.out(), "late: ")) << job.out();
}

// One file is an hour behind the other and decides. While the sink is busy nobody asks for its
// lines, for longer than `idle`.
TEST_F(Time, APartitionThatNobodyAsksIsNotIdle) {
  Lines ahead, behind;
  for (int i = 0; i < 60; ++i) {
    const std::string second = (i < 10 ? "0" : "") + std::to_string(i);
    ahead.push_back(event("a", "11:00:" + second));
    behind.push_back(event("b", "10:00:" + second));
  }
  folder_.write("in/ahead.jsonl", lines_of(ahead));
  folder_.write("in/behind.jsonl", lines_of(behind));
  const std::string steps =
      "[run]\nbatch_size = 4\n" + file_source("in") +
      timed("watermark = { wait = \"0s\", idle = \"5ms\" }\n") + windows(kCount + kMinute) + kOut +
      kLate + lines_sink("slow", "timed", "use = \"testing.slow\"\ndelay = \"5ms\"\n");
  const Lines expected = {minute("a", 11, 0, "60"), minute("b", 10, 0, "60")};
  EXPECT_EQ(results(steps, 1), expected);
  EXPECT_EQ(results(steps, 2), expected);
}

// Lines of in.jsonl as they grow, by `key` to a step that passes them on; only then their times.
std::string timed_behind_an_exchange(const std::string& key, const std::string& watermark) {
  return file_source("in.jsonl", "follow = true\n") + key +
         "[operator.passed]\nuse = \"lua.stateful_map\"\nfrom = \"keyed\"\nexpr = \"1, value\"\n" +
         timed("watermark = " + watermark + "\n", "passed") + windows(kCount + kMinute) + kOut +
         kLate + lines_sink("seen", "timed", "use = \"stdio.lines\"\n", "+ ");
}

TEST_F(Time, BehindAnExchangeTheWatermarkGoesOnByWhatAllWorkersSend) {
  Lines events;
  for (const char* time : {"10:00:10", "10:03:00", "10:02:58"}) {
    for (int key = 0; key < 40; ++key) events.push_back(event("k" + std::to_string(key), time));
  }
  folder_.write("in.jsonl", lines_of(events));
  Child job(running(timed_behind_an_exchange(
                        "[operator.keyed]\nuse = \"json.extract\"\nfrom = \"in\"\nkey = \"/id\"\n",
                        "{ wait = \"5s\" }"),
                    {"-w", "2"}));
  for (int key = 0; key < 40; ++key) {
    ASSERT_TRUE(job.wait_for_output(minute("k" + std::to_string(key), 10, 0, "1"))) << job.out();
  }
  EXPECT_FALSE(has(job.out(), "late: ")) << job.out();
  job.signal(SIGTERM);
  EXPECT_EQ(job.wait().status, 0);
}

// All records have one key, so the other worker's step never sees one.
TEST_F(Time, BehindAnExchangeAWorkerWithoutRecordsIsWaitedForUntilItIsIdle) {
  folder_.write("in.jsonl", lines_of({event("a", "10:00:10"), event("a", "10:03:00")}));
  // Some keys belong to the one worker, some to the other.
  for (const std::string key : {"a", "b", "c", "d"}) {
    for (const bool idle : {false, true}) {
      Child job(running(timed_behind_an_exchange(
                            "[operator.keyed]\nuse = \"core.key_on\"\nfrom = \"in\"\nkey = "
                            "\"constant:" +
                                key + "\"\n",
                            idle ? "{ wait = \"5s\", idle = \"100ms\" }" : "{ wait = \"5s\" }"),
                        {"-w", "2"}));
      const std::string last = idle ? minute("a", 10, 0, "1") : "+ a " + event("a", "10:03:00");
      EXPECT_TRUE(job.wait_for_output(last)) << key << job.out() << job.err();
      EXPECT_EQ(has(job.out(), "window_id"), idle) << key << job.out();
      job.signal(SIGTERM);
      EXPECT_EQ(job.wait().status, 0);
    }
  }
}

TEST_F(Time, AStepWithoutEventTimeIsRefusedWithWhatToWrite) {
  const std::string steps =
      script({event("a", "10:00:00")}) + timed("") + windows(kCount + kMinute) + kOut;
  for (const Lines& verb : {Lines{}, Lines{"check"}}) {
    Lines arguments = command(steps);
    arguments.insert(arguments.begin(), verb.begin(), verb.end());
    const RunResult run = streamhost(arguments);
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_EQ(run.out, "");
    for (const char* part : {"\"windows\"", "watermark = { wait = ", "event time"}) {
      EXPECT_TRUE(has(run.err, part)) << part << " in " << run.err;
    }
  }
}

TEST_F(Time, OneInputWithoutAWatermarkIsEnoughToBeRefused) {
  const std::string steps =
      script({event("a", "10:00:00")}, "one") + script({event("a", "10:00:00")}, "two") +
      timed(kWait, "one", "with") + timed("", "two", "without") +
      "[operator.windows]\nfrom = [\"with\", \"without\"]\n" + kCount + kMinute + kOut;
  const RunResult run = streamhost(command(steps));
  EXPECT_EQ(run.status, 2) << run.err;
  EXPECT_TRUE(has(run.err, "\"windows\"")) << run.err;
  EXPECT_TRUE(has(run.err, "watermark = { wait = ")) << run.err;
}

TEST_F(Time, MistakesAboutWindowsAreFoundByCheckWithTheirPlace) {
  const struct {
    std::string options;
    Lines parts;  // of the message
  } mistakes[] = {
      {"window = { kind = \"tumbling\", lenght = \"1m\" }\n",
       {":10:31: ", "(did you mean \"length\"?)"}},
      {"window = { kind = \"hopping\", length = \"1m\" }\n",
       {":10:19: ", "\"tumbling\", \"sliding\", \"session\""}},
      {"window = { kind = \"tumbling\", length = 60 }\n",
       {":10:40: ", "\"window.length\"", "duration"}},
      {"window = { kind = \"tumbling\", length = \"0s\" }\n",
       {":10:40: ", "\"window.length\"", "1us"}},
      {"window = { kind = \"tumbling\" }\n", {"\"windows\"", "`length`"}},
      {"window = { kind = \"sliding\", length = \"1m\" }\n", {"\"windows\"", "`offset`"}},
      {"window = { kind = \"sliding\", length = \"1m\", offset = \"61s\" }\n",
       {"\"windows\"", "`offset` (61s)", "`length` (1m)"}},
      {"window = { kind = \"session\" }\n", {"\"windows\"", "`gap`"}},
      {kMinute + "clock = { kind = \"event\", wait = \"5s\" }\n", {"\"windows\"", "per = \"key\""}},
      {kMinute + kWait, {":11:13: ", "move \"watermark\" to the source"}},
      {kMinute + "ttl = \"1x\"\n", {":11:7: ", "ttl", "\"1x\" is not a duration"}},
  };
  const std::string before =
      "[source.timed]\nuse = \"demo.sequence\"\nkeys = 1\n"
      "time_step = \"1s\"\n" +
      kWait;
  for (const auto& mistake : mistakes) {
    Lines arguments = command(before + windows(kCount + mistake.options) + kOut);
    arguments.insert(arguments.begin(), "check");
    const RunResult run = streamhost(arguments);
    EXPECT_EQ(run.status, 2) << mistake.options << run.err;
    for (const std::string& part : mistake.parts) {
      EXPECT_TRUE(has(run.err, part)) << part << " in " << run.err;
    }
  }
}

TEST_F(Time, ARecordWithoutATimeIsABadRecordOfTheWindow) {
  const std::string steps = script({event("a", "10:00:00"), "{\"id\":\"b\"}"}) +
                            timed("missing = \"null\"\n" + kWait) +
                            windows("on_error = \"skip\"\n" + kCount + kMinute) + kOut;
  EXPECT_EQ(results(steps), Lines{minute("a", 10, 0, "1")});
}

TEST_F(Time, AJobThatWasInterruptedGoesOnWithItsOpenWindows) {
  folder_.write("in.jsonl",
                lines_of({event("a", "10:00:10"), event("a", "10:01:10"), event("b", "10:01:20")}));
  const std::string rest =
      timed() + windows(kCount + kMinute) +
      lines_sink("out", "windows", "use = \"file.lines\"\npath = \"out.txt\"\n") +
      lines_sink("seen", "windows") + kLate;
  const Lines store = {"-r", folder_ / "store", "-w", "2"};
  Child first(running(file_source("in.jsonl", "follow = true\n") + rest, store));
  ASSERT_TRUE(first.wait_for_output(minute("a", 10, 0, "1"))) << first.err();
  first.signal(SIGINT);
  EXPECT_EQ(first.wait().status, 0);
  EXPECT_EQ(read_file(folder_ / "out.txt"), minute("a", 10, 0, "1") + "\n");
  // 10:00:30 is late for the watermark that the first run has come to.
  append("in.jsonl", lines_of({event("a", "10:00:30"), event("a", "10:01:30")}));
  Lines again = store;
  again[3] = "1";
  const RunResult second = streamhost(command(file_source("in.jsonl") + rest, again));
  EXPECT_EQ(second.status, 0) << second.err;
  EXPECT_TRUE(has(second.out, "late: a " + event("a", "10:00:30"))) << second.out;
  EXPECT_EQ(sorted_lines(read_file(folder_ / "out.txt")),
            (Lines{minute("a", 10, 0, "1"), minute("a", 10, 1, "2"), minute("b", 10, 1, "1")}));
}

TEST_F(Time, ADrainWithoutASnapshotClosesItsWindows) {
  Child job(running("[source.in]\nuse = \"stdio.lines\"\n" + timed() + windows(kCount + kMinute) +
                    kOut + lines_sink("seen", "timed", "use = \"stdio.lines\"\n", "+ ")));
  job.write_input(lines_of({event("a", "10:00:10")}));
  ASSERT_TRUE(job.wait_for_output("+ a")) << job.err();
  job.signal(SIGTERM);
  EXPECT_EQ(job.wait().status, 0);
  EXPECT_TRUE(has(job.out(), minute("a", 10, 0, "1"))) << job.out();
}

// The end of the input has closed all windows; what is added later opens them again.
TEST_F(Time, WindowsBeginAnewWhenTheInputHasGrownAfterItsEnd) {
  folder_.write("in.jsonl", lines_of({event("a", "10:00:10"), event("a", "10:00:50")}));
  const std::string steps =
      file_source("in.jsonl") + timed() + windows(kCount + kMinute) + kOut + kLate;
  const Lines store = {"-r", folder_ / "store"};
  const RunResult first = streamhost(command(steps, store));
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(first.out, minute("a", 10, 0, "2") + "\n");
  // The watermark goes on from where the records had brought it, not from the end of time.
  append("in.jsonl", lines_of({event("a", "10:00:45"), event("a", "10:00:44.999999")}));
  const RunResult second = streamhost(command(steps, store));
  EXPECT_EQ(second.status, 0) << second.err;
  EXPECT_EQ(sorted_lines(second.out),
            (Lines{minute("a", 10, 0, "1"), "late: a " + event("a", "10:00:44.999999")}));
}

TEST_F(Time, PartialResultsComeWhileTheWindowIsOpen) {
  Child job(running("[source.in]\nuse = \"stdio.lines\"\n" + timed() +
                    windows(kCount + "early = \"50ms\"\n" + kMinute) + kOut));
  std::string early = minute("a", 10, 0, "1");
  early.insert(early.size() - 1, ",\"early\":true");
  job.write_input(lines_of({event("a", "10:00:10")}));
  ASSERT_TRUE(job.wait_for_output(early)) << job.out() << job.err();
  job.write_input(lines_of({event("a", "10:00:20")}));
  EXPECT_EQ(job.wait().status, 0);
  EXPECT_TRUE(has(job.out(), minute("a", 10, 0, "2") + "\n")) << job.out();
}

TEST_F(Time, WindowsOfTheSystemClockCloseByThemselves) {
  Child job(
      running("[source.in]\nuse = \"stdio.lines\"\n[operator.timed]\nuse = \"core.key_on\"\nfrom = "
              "\"in\"\nkey = \"constant:all\"\n" +
              windows("use = \"window.collect\"\nclock = { kind = \"system\" }\nwindow = { kind = "
                      "\"session\", gap = \"100ms\" }\n") +
              kOut));
  for (const std::string value : {"1", "2"}) {
    job.write_input(value + "\n");
    EXPECT_TRUE(job.wait_for_output("\"value\":[" + value + "]}")) << job.out() << job.err();
  }
  EXPECT_EQ(job.wait().status, 0);
}

TEST_F(Time, AClockPerKeyLetsEachKeyGoAtItsOwnPace) {
  const std::string steps =
      script({event("a", "10:00:10"), event("b", "10:00:10"), event("a", "10:05:00"),
              event("a", "10:00:20"), event("b", "10:00:20")}) +
      timed("") +
      windows(kCount + "clock = { kind = \"event\", per = \"key\", wait = \"5s\" }\n" + kMinute) +
      kOut + kLate;
  const Lines expected = {minute("a", 10, 0, "1"), minute("a", 10, 5, "1"), minute("b", 10, 0, "2"),
                          "late: a " + event("a", "10:00:20")};
  EXPECT_EQ(results(steps, 1), expected);
  EXPECT_EQ(results(steps, 2), expected);
}

TEST_F(Time, SessionsThatARecordBridgesAreOne) {
  const std::string at = "1714557610000000";  // 10:00:10
  const std::string steps =
      script({event("a", "10:00:10", 1), event("a", "10:00:30", 2), event("a", "10:00:20", 3)}) +
      timed("watermark = { wait = \"1m\" }\n") +
      windows(
          "use = \"window.collect\"\nof = \"/v\"\n"
          "window = { kind = \"session\", gap = \"10s\" }\n") +
      kOut + lines_sink("meta", "windows.meta", "use = \"stdio.lines\"\n", "meta: ");
  const std::string bounds =
      ",\"open\":\"2024-05-01T10:00:10Z\",\"close\":\"2024-05-01T10:00:40.000001Z\"";
  const Lines found = results(steps, 2);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].substr(0, found[0].find(",\"value\":")), "a {\"window_id\":" + at + bounds);
  for (const char* v : {"1", "2", "3"}) {
    EXPECT_TRUE(has(found[0].substr(found[0].find("\"value\":")), v)) << found[0];
  }
  EXPECT_EQ(found[1],
            "meta: a {\"window_id\":" + at + bounds + ",\"merged_ids\":[1714557630000000]}");
}

TEST_F(Time, JoinsTakeTheLeastWatermarkOfTheirSides) {
  const std::string sides =
      script({event("a", "10:00:10", 1), event("b", "10:00:20", 2), event("a", "10:03:00", 3)},
             "left") +
      script({"PAUSE 200ms", event("a", "10:00:15", 4), event("a", "10:03:00", 5)}, "right") +
      timed(kWait, "left", "one") + timed(kWait, "right", "two");
  const auto pair = [](const std::string& one, const std::string& two) {
    return "{\"one\":" + one + ",\"two\":" + two + "}";
  };
  const std::string from = "from = { one = \"one\", two = \"two\" }\n";
  for (const int workers : {1, 2}) {
    EXPECT_EQ(results(sides + "[operator.windows]\nuse = \"window.join\"\nmode = \"left\"\n" +
                          from + kMinute + kOut + kLate,
                      workers),
              (Lines{minute("a", 10, 0, pair(event("a", "10:00:10", 1), event("a", "10:00:15", 4))),
                     minute("a", 10, 3, pair(event("a", "10:03:00", 3), event("a", "10:03:00", 5))),
                     minute("b", 10, 0, pair(event("b", "10:00:20", 2), "null"))}));
    EXPECT_EQ(results(sides +
                          "[operator.windows]\nuse = \"join.interval\"\nmode = \"left\"\nafter = "
                          "\"5s\"\n" +
                          from + kOut + kLate,
                      workers),
              (Lines{"a " + pair(event("a", "10:00:10", 1), event("a", "10:00:15", 4)),
                     "a " + pair(event("a", "10:03:00", 3), event("a", "10:03:00", 5)),
                     "b " + pair(event("b", "10:00:20", 2), "null")}));
  }
}

}  // namespace
}  // namespace streamhost::testing
