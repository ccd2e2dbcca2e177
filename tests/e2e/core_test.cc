// The plugin core through the real host: what each component does in a job, on any number of
// workers.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/process.h"

namespace streamhost::testing {
namespace {

using Lines = std::vector<std::string>;

// Runs a job that reads standard input as the step `in` and prints what the step `result` puts out.
RunResult run_job(const std::string& steps, const std::string& input, int workers = 1,
                  const std::string& format = "{key}={value}") {
  const TempDir folder;
  const std::string manifest =
      folder.write("job.toml",
                   "name = \"core_test\"\n"
                   "[source.in]\nuse = \"stdio.lines\"\n" +
                       steps + "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"result\"\nformat = '" +
                       format + "'\n");
  RunOptions options;
  options.input = input;
  return streamhost({"--manifest", manifest, "-w", std::to_string(workers)}, options);
}

// Lines "KEY VALUE" become records with key and value.
const std::string kKeyed =
    "[operator.parts]\nuse = \"text.match\"\nfrom = \"in\"\n"
    "pattern = '^(?P<k>\\S+) (?P<v>.*)$'\n"
    "[operator.keyed]\nuse = \"json.extract\"\nfrom = \"parts\"\nkey = \"/k\"\nvalue = \"/v\"\n";

std::string step(const std::string& use, const std::string& options = "",
                 const std::string& from = "keyed") {
  return "[operator.result]\nuse = \"" + use + "\"\nfrom = \"" + from + "\"\n" + options;
}

// The sorted output of a job that must succeed, silently.
Lines results(const std::string& steps, const std::string& input, int workers = 1,
              const std::string& format = "{key}={value}") {
  const RunResult run = run_job(steps, input, workers, format);
  EXPECT_EQ(run.status, 0) << run.err;
  return sorted_lines(run.out);
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CoreInAJob, KeyOnTakesTheValueAsKey) {
  EXPECT_EQ(results(step("core.key_on", "key = \"value\"\n", "in"), "b\na\n"),
            (Lines{"a=a", "b=b"}));
}

TEST(CoreInAJob, KeyOnAConstantBringsAllRecordsTogether) {
  for (const int workers : {1, 4}) {
    EXPECT_EQ(
        results("[operator.all]\nuse = \"core.key_on\"\nfrom = \"in\"\nkey = \"constant:sum\"\n" +
                    step("core.sum_final", "", "all"),
                "1\n2\n39\n", workers),
        (Lines{"sum=42"}));
  }
}

TEST(CoreInAJob, KeyOnAMissingHeaderFailsTheJob) {
  const RunResult run = run_job(step("core.key_on", "key = \"header:city\"\n", "in"), "x\n");
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(mentions(run.err, "the record has no header \"city\" that could be its key"))
      << run.err;
  EXPECT_TRUE(mentions(run.err, "step \"result\" (core.key_on)")) << run.err;
}

TEST(CoreInAJob, KeyOnAWrongSourceIsFoundBeforeTheJobRuns) {
  const RunResult run = run_job(step("core.key_on", "key = \"valeu\"\n", "in"), "x\n");
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_TRUE(
      mentions(run.err, "key = \"valeu\" is none of \"value\", \"header:NAME\", \"constant:TEXT\""))
      << run.err;
}

TEST(CoreInAJob, KeyRmLeavesOnlyTheValue) {
  EXPECT_EQ(results(kKeyed + step("core.key_rm"), "k 1\nl 2\n"), (Lines{"=1", "=2"}));
}

TEST(CoreInAJob, RedistributeLosesAndDoublesNothing) {
  std::string input;
  Lines expected;
  for (int i = 10000; i < 20000; ++i) {
    input += std::to_string(i) + '\n';
    expected.push_back('=' + std::to_string(i));
  }
  for (const int workers : {1, 2, 4}) {
    EXPECT_EQ(results(step("core.redistribute", "", "in"), input, workers), expected) << workers;
  }
}

TEST(CoreInAJob, RedistributeGivesEveryWorkerItsShare) {
  std::string input;
  for (int i = 0; i < 100'000; ++i) input += "x\n";
  const RunResult run = run_job("[operator.spread]\nuse = \"core.redistribute\"\nfrom = \"in\"\n" +
                                    step("core.inspect_debug", "limit = 1\n", "spread"),
                                input, 3);
  EXPECT_EQ(run.status, 0) << run.err;
  for (const char* worker : {"worker=0 ", "worker=1 ", "worker=2 "}) {
    EXPECT_TRUE(mentions(run.err, worker)) << worker << run.err;
  }
}

TEST(CoreInAJob, CountsAreTheSameForAnyNumberOfWorkers) {
  std::string input;
  std::vector<int> counts(997);
  for (int i = 0; i < 50'000; ++i) {
    const int key = static_cast<int>((int64_t{i} * i) % 997);
    ++counts[static_cast<size_t>(key)];
    input += "k" + std::to_string(key) + " x\n";
  }
  std::string expected;
  for (size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] != 0)
      expected += "k" + std::to_string(k) + "=" + std::to_string(counts[k]) + "\n";
  }
  const std::string spread = "[operator.spread]\nuse = \"core.redistribute\"\nfrom = \"keyed\"\n";
  for (const int workers : {1, 2, 3, 4}) {
    EXPECT_EQ(results(kKeyed + step("core.count_final"), input, workers), sorted_lines(expected));
    EXPECT_EQ(results(kKeyed + spread + step("core.count_final", "", "spread"), input, workers),
              sorted_lines(expected));
  }
}

TEST(CoreInAJob, FoldsOfNumbersAreExactForAnyNumberOfWorkers) {
  // 0.1 added 30,000 times is no longer 3000 in doubles.
  std::string input = "a -7.25\n";
  for (int i = 0; i < 30'000; ++i) input += "a 0.1\nb 9007199254740993\n";
  const std::string spread = "[operator.spread]\nuse = \"core.redistribute\"\nfrom = \"keyed\"\n";
  for (const int workers : {1, 2, 4}) {
    const auto folded = [&](const std::string& component) {
      return results(kKeyed + spread + step(component, "", "spread"), input, workers);
    };
    EXPECT_EQ(folded("core.sum_final"), (Lines{"a=2992.75", "b=270215977642229790000"}));
    EXPECT_EQ(folded("core.min_final"), (Lines{"a=-7.25", "b=9007199254740993"}));
    EXPECT_EQ(folded("core.max_final"), (Lines{"a=0.1", "b=9007199254740993"}));
    EXPECT_EQ(folded("core.stats_final").at(0),
              "a={\"count\":30001,\"min\":-7.25,\"mean\":0.09975500816639446,\"max\":0.1}");
  }
}

TEST(CoreInAJob, AValueThatIsNoNumberFailsTheJobAndIsShown) {
  const RunResult run = run_job(kKeyed + step("core.sum_final"), "a 1\na two\n");
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(mentions(run.err,
                       "step \"result\" (core.sum_final): the value is not a number: "
                       "key \"a\", value \"two\""))
      << run.err;
}

TEST(CoreInAJob, OnErrorSkipGoesOnWithoutIt) {
  const RunResult run =
      run_job(kKeyed + step("core.sum_final", "on_error = \"skip\"\n"), "a 1\na two\nb 3\n");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(sorted_lines(run.out), (Lines{"a=1", "b=3"}));
  EXPECT_TRUE(mentions(run.err, "the value is not a number")) << run.err;
}

TEST(CoreInAJob, TheErrorsPortGetsWhatIsRejected) {
  const std::string sums = "[operator.sums]\nuse = \"core.sum_final\"\nfrom = \"keyed\"\n";
  EXPECT_EQ(results(kKeyed + sums +
                        "[operator.result]\nuse = \"core.redistribute\"\n"
                        "from = [\"sums\", \"sums.errors\"]\n",
                    "a 1\na two\n", 1, "{value}"),
            (Lines{"1",
                   "{\"step\":\"sums\",\"error\":\"the value is not a number\",\"key\":\"a\","
                   "\"value\":\"two\",\"timestamp\":null}"}));
}

TEST(CoreInAJob, AFoldNeedsAKey) {
  const RunResult run = run_job(step("core.count_final", "", "in"), "x\n");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.out, "");
  EXPECT_TRUE(mentions(run.err, "key")) << run.err;
}

TEST(CoreInAJob, CollectMakesArraysInOrder) {
  const std::string input = "a 1\nb x\na 2\na 3\nb {\"y\":[null]}\na 4\na 5\n";
  for (const int workers : {1, 2}) {
    EXPECT_EQ(results(kKeyed + step("core.collect", "max_size = 2\n"), input, workers),
              (Lines{"a=[1,2]", "a=[3,4]", "a=[5]", "b=[\"x\",{\"y\":[null]}]"}));
  }
  EXPECT_EQ(results(kKeyed + step("core.collect", "values = \"text\"\n"), "a 1\na true\n"),
            (Lines{"a=[\"1\",\"true\"]"}));
}

TEST(CoreInAJob, CollectPutsOutWhenTimeIsUpThoughTheInputGoesOn) {
  const TempDir folder;
  const std::string manifest = folder.write(
      "job.toml",
      "name = \"core_test\"\n[source.in]\nuse = \"stdio.lines\"\n" + kKeyed +
          step("core.collect", "timeout = \"200ms\"\n") +
          "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"result\"\nformat = \"{key}={value}\"\n");
  Child job({streamhost_path(), "--manifest", manifest});
  job.write_input("a 1\na 2\n");
  EXPECT_TRUE(job.wait_for_output("a=[1,2]\n")) << job.err();
  job.write_input("a 3\n");
  EXPECT_TRUE(job.wait_for_output("a=[3]\n")) << job.err();
  job.close_input();
  const RunResult run = job.wait();
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "a=[1,2]\na=[3]\n");
}

TEST(CoreInAJob, DedupePassesTheFirstRecordOfEachKey) {
  std::string input;
  Lines expected;
  for (int i = 0; i < 3000; ++i) input += "k" + std::to_string(i % 100) + " 1\n";
  for (int k = 0; k < 100; ++k) expected.push_back("k" + std::to_string(k) + "=1");
  std::sort(expected.begin(), expected.end());
  for (const int workers : {1, 3}) {
    EXPECT_EQ(results(kKeyed + step("core.dedupe"), input, workers), expected);
  }
  EXPECT_EQ(results(kKeyed + step("core.dedupe", "by = \"value\"\n"), "a 1\na 2\nb 1\na 1\n"),
            (Lines{"a=1", "a=2", "b=1"}));
}

TEST(CoreInAJob, DedupeForgetsAKeyWhenItsTimeIsOver) {
  const TempDir folder;
  const std::string manifest = folder.write(
      "job.toml",
      "name = \"core_test\"\n[source.in]\nuse = \"stdio.lines\"\n" + kKeyed +
          step("core.dedupe", "ttl = \"300ms\"\n") +
          "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"result\"\nformat = \"{key}={value}\"\n");
  Child job({streamhost_path(), "--manifest", manifest});
  job.write_input("a 1\na 2\n");
  EXPECT_TRUE(job.wait_for_output("a=1\n")) << job.err();
  // Repeats do not prolong it.
  for (int i = 0; i < 200 && !mentions(job.out(), "a=3\n"); ++i) {
    job.write_input("a 3\n");
    job.wait_for_output("a=3\n", std::chrono::seconds(1));
  }
  EXPECT_EQ(job.wait().out.substr(0, 8), "a=1\na=3\n");
}

TEST(CoreInAJob, BranchSendsRecordsOneOfTwoWays) {
  const auto branched = [](const std::string& condition, const std::string& way) {
    return results("[operator.ways]\nuse = \"core.branch\"\nfrom = \"in\"\n" + condition +
                       step("core.redistribute", "", "ways." + way),
                   "{\"n\":1,\"t\":\"a\"}\n{\"n\":2,\"t\":\"bc\"}\n{\"n\":3}\n", 1, "{value}");
  };
  const Lines one{"{\"n\":1,\"t\":\"a\"}"}, two{"{\"n\":2,\"t\":\"bc\"}"}, three{"{\"n\":3}"};
  EXPECT_EQ(branched("of = \"/t\"\nequals = \"a\"\n", "true"), one);
  EXPECT_EQ(branched("of = \"/n\"\nequals = 2.0\n", "true"), two);
  EXPECT_EQ(branched("of = \"/n\"\nin = [1, 2]\n", "false"), three);
  EXPECT_EQ(branched("of = \"/t\"\nin = [\"x\", \"bc\"]\n", "true"), two);
  EXPECT_EQ(branched("of = \"/t\"\nmatches = \"^.c\"\n", "true"), two);
  EXPECT_EQ(branched("of = \"/n\"\ngreater = 1\nat_most = 2\n", "true"), two);
  EXPECT_EQ(branched("of = \"/t\"\nexists = true\n", "false"), three);
  EXPECT_EQ(branched("matches = \"bc\"\n", "true"), two);
}

TEST(CoreInAJob, ABranchOnNothingOrTooMuchIsFoundBeforeTheJobRuns) {
  const auto error = [](const std::string& condition) {
    const RunResult run = run_job("[operator.ways]\nuse = \"core.branch\"\nfrom = \"in\"\n" +
                                      condition + step("core.redistribute", "", "ways.true"),
                                  "1\n");
    EXPECT_EQ(run.status, 2);
    return run.err;
  };
  EXPECT_TRUE(mentions(error(""), "no condition is given"));
  EXPECT_TRUE(mentions(error("less = 1\nequals = 1\n"), "more than one condition"));
  EXPECT_TRUE(mentions(error("matches = \"(\"\n"), "is not a valid regular expression"));
  EXPECT_TRUE(mentions(error("of = \"t\"\nexists = true\n"), "JSON Pointer"));
}

TEST(CoreInAJob, InspectShowsRecordsInTheLogAndPassesThemOn) {
  const RunResult run = run_job(kKeyed + step("core.inspect", "limit = 2\n"), "a 1\nb 2\nc 3\n");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(sorted_lines(run.out), (Lines{"a=1", "b=2", "c=3"}));
  EXPECT_TRUE(mentions(run.err, "result: a 1\n")) << run.err;
  EXPECT_TRUE(mentions(run.err, "result: b 2\n")) << run.err;
  EXPECT_TRUE(mentions(run.err, "result: the limit of 2 is reached")) << run.err;
  EXPECT_FALSE(mentions(run.err, "c 3")) << run.err;
}

TEST(CoreInAJob, InspectDebugAddsEpochAndWorker) {
  const RunResult run = run_job(kKeyed + step("core.inspect_debug"), "a 1\n");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "a=1\n");
  EXPECT_TRUE(mentions(run.err, "result: epoch=1 worker=0 a 1\n")) << run.err;
}

TEST(CoreInAJob, RaisesFailsAtTheFirstRecord) {
  const RunResult run =
      run_job(kKeyed + step("core.raises", "message = \"never\"\non_error = \"skip\"\n"), "a 1\n");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.out, "");
  EXPECT_TRUE(mentions(run.err, "step \"result\" (core.raises): never: key \"a\", value \"1\""))
      << run.err;
  EXPECT_EQ(run_job(kKeyed + step("core.raises"), "").status, 0);
}

class EnrichInAJob : public ::testing::Test {
 protected:
  std::string enrich(const std::string& options) const {
    return kKeyed + step("core.enrich", "path = '" + path_ + "'\n" + options);
  }
  TempDir folder_;
  std::string path_ = folder_.write("cities.csv", "id,city,population\n1,Oslo,717710\n2,,\n");
};

TEST_F(EnrichInAJob, WhatTheFileSaysAboutAKeyIsAdded) {
  const std::string input = "1 {\"n\":5}\n2 text\n3 7\n";
  const std::string oslo =
      "1={\"n\":5,\"where\":{\"id\":1,\"city\":\"Oslo\",\"population\":717710}}";
  const std::string none =
      "2={\"value\":\"text\",\"where\":{\"id\":2,\"city\":null,\"population\":null}}";
  for (const int workers : {1, 3}) {
    EXPECT_EQ(results(enrich("as = \"where\"\n"), input, workers),
              (Lines{oslo, none, "3={\"value\":7,\"where\":null}"}));
    EXPECT_EQ(results(enrich("as = \"where\"\nmissing = \"drop\"\n"), input, workers),
              (Lines{oslo, none}));
  }
  const RunResult run = run_job(enrich("missing = \"reject\"\n"), input);
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(mentions(run.err, "the key is not in the lookup file: key \"3\", value \"7\""))
      << run.err;
}

TEST_F(EnrichInAJob, AFileThatCannotBeUsedStopsTheJobBeforeItRuns) {
  RunResult run = run_job(enrich("column = \"town\"\n"), "1 1\n");
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_TRUE(mentions(
      run.err, path_ + ":1: there is no column \"town\"; the columns are id, city, population"))
      << run.err;
  path_ = folder_ / "no-such.csv";
  run = run_job(enrich(""), "1 1\n");
  EXPECT_EQ(run.status, 2);
  EXPECT_TRUE(mentions(run.err, "cannot read the lookup file")) << run.err;
  EXPECT_TRUE(mentions(run.err, "No such file or directory")) << run.err;
}

TEST(CoreInAJob, ItsComponentsDescribeThemselves) {
  const RunResult run = streamhost({"plugin", "show", "core"});
  EXPECT_EQ(run.status, 0) << run.err;
  for (const char* name :
       {"key_on",  "key_rm",      "redistribute", "inspect",   "inspect_debug", "raises",
        "collect", "count_final", "sum_final",    "min_final", "max_final",     "stats_final",
        "enrich",  "fold_final",  "reduce_final", "aggregate", "stateful_map",  "stateful_flat_map",
        "dedupe",  "branch",      "enrich_cached"}) {
    EXPECT_TRUE(mentions(run.out, name)) << name;
  }
}

}  // namespace
}  // namespace streamhost::testing
