// The steps of core that use aggregates, with those of agg and lua, through the real host.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "support/process.h"

namespace streamhost::testing {
namespace {

using Lines = std::vector<std::string>;

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A job over lines of JSON with members `k` and `v`: their key is `k`, and `result` is a step that
// uses an aggregate. A final result does not depend on the order of records: there they come to
// `result` from all workers.
std::string job(const std::string& use, const std::string& options,
                const std::string& source = "use = \"stdio.lines\"\n",
                const std::string& sink = "use = \"stdio.lines\"\n") {
  const std::string from = use.ends_with("_final") ? "spread" : "in";
  return "name = \"fold_test\"\n[source.in]\n" + source +
         (from == "in" ? "" : "[operator.spread]\nuse = \"core.redistribute\"\nfrom = \"in\"\n") +
         "[operator.keyed]\nuse = \"json.extract\"\nfrom = \"" + from +
         "\"\nkey = \"/k\"\n[operator.result]\nuse = \"" + use + "\"\nfrom = \"keyed\"\n" +
         options + "[sink.out]\n" + sink + "from = \"result\"\nformat = \"{key}={value}\"\n";
}

RunResult run_job(const std::string& use, const std::string& options, const std::string& input,
                  int workers = 1) {
  const TempDir folder;
  const std::string manifest = folder.write("job.toml", job(use, options));
  RunOptions run;
  run.input = input;
  return streamhost({"--manifest", manifest, "-w", std::to_string(workers)}, run);
}

// The sorted output of a job that must succeed.
Lines results(const std::string& use, const std::string& options, const std::string& input,
              int workers = 1) {
  const RunResult run = run_job(use, options, input, workers);
  EXPECT_EQ(run.status, 0) << run.err;
  return sorted_lines(run.out);
}

std::string record(const std::string& key, int value) {
  return "{\"k\":\"" + key + "\",\"v\":" + std::to_string(value) + "}\n";
}

// 30,000 records of seven keys; each key's values are 0, 1, 2, … in this order.
std::string many_records() {
  std::string input;
  for (int i = 0; i < 30'000; ++i) input += record("k" + std::to_string(i % 7), i / 7);
  return input;
}

TEST(Folds, OfAggregatesThatMergeAreTheSameForAnyNumberOfWorkers) {
  Lines expected;
  for (int k = 0; k < 7; ++k) {
    const int n = 30'000 / 7 + (k < 30'000 % 7 ? 1 : 0);
    expected.push_back("k" + std::to_string(k) + "={\"n\":" + std::to_string(n) +
                       ",\"total\":" + std::to_string(n * (n - 1) / 2) + ",\"top\":[" +
                       std::to_string(n - 1) + "," + std::to_string(n - 2) + "]}");
  }
  for (const int workers : {1, 2, 4}) {
    EXPECT_EQ(
        results("core.fold_final",
                "aggregate = { n = \"agg.count\", total = { use = \"agg.sum\", of = \"/v\" }, "
                "top = { use = \"agg.top_k\", k = 2, of = \"/v\", by = \"/v\" } }\n",
                many_records(), workers),
        expected)
        << workers;
  }
}

TEST(Folds, OfAScriptThatDoesNotMergeAreTheSameForAnyNumberOfWorkers) {
  // Without `merge` every record has to come to the worker that owns its key.
  for (const int workers : {1, 3}) {
    EXPECT_EQ(results("core.fold_final",
                      "aggregate = { use = \"lua.fold\", init = \"{n = 0, top = 0}\", "
                      "add = \"{n = state.n + 1, top = math.max(state.top, value.v)}\", "
                      "finish = \"state.n .. '/' .. state.top\" }\n",
                      many_records(), workers),
              (Lines{"k0=\"4286/4285\"", "k1=\"4286/4285\"", "k2=\"4286/4285\"", "k3=\"4286/4285\"",
                     "k4=\"4286/4285\"", "k5=\"4285/4284\"", "k6=\"4285/4284\""}))
        << workers;
  }
}

TEST(Folds, ReduceFinalMakesOneValueOfAll) {
  for (const int workers : {1, 2}) {
    EXPECT_EQ(results("core.reduce_final",
                      "aggregate = { use = \"lua.reduce\", "
                      "expr = \"value.v > state.v and value or state\" }\n",
                      record("a", 3) + record("b", 1) + record("a", 9) + record("a", 4), workers),
              (Lines{"a={\"k\":\"a\",\"v\":9}", "b={\"k\":\"b\",\"v\":1}"}));
  }
}

TEST(Folds, TakeOnlyOneAggregateWhereOneIsReduced) {
  const RunResult run = run_job("core.reduce_final", "aggregate = { n = \"agg.count\" }\n", "");
  EXPECT_EQ(run.status, 2);
  EXPECT_TRUE(mentions(run.err, "aggregate")) << run.err;
}

TEST(Folds, AMistakeInAnAggregateIsFoundBeforeTheJobRuns) {
  RunResult run = run_job("core.fold_final", "aggregate = \"agg.summ\"\n", record("a", 1));
  EXPECT_EQ(run.status, 2);
  EXPECT_TRUE(mentions(run.err, "did you mean \"sum\"?")) << run.err;
  run = run_job("core.fold_final", "aggregate = { use = \"agg.sum\", off = \"/v\" }\n", "");
  EXPECT_EQ(run.status, 2);
  EXPECT_TRUE(mentions(run.err, "did you mean \"of\"?")) << run.err;
  run = run_job("core.aggregate", "", "");
  EXPECT_EQ(run.status, 2);
  EXPECT_TRUE(mentions(run.err, "aggregate")) << run.err;
  run = run_job("core.aggregate", "aggregate = \"agg.count\"\nemit = \"record\"\nevery = \"1s\"\n",
                "");
  EXPECT_EQ(run.status, 2);
  EXPECT_TRUE(mentions(run.err, "leave out one of them")) << run.err;
}

TEST(Folds, ABadRecordIsToldWithItsAggregateAndStep) {
  const RunResult run = run_job("core.fold_final",
                                "aggregate = { use = \"agg.sum\", of = \"/w\" }\n", record("a", 1));
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(mentions(run.err, "step \"result\" (core.fold_final)")) << run.err;
  EXPECT_TRUE(mentions(run.err, "the value has nothing, or null, at \"/w\"")) << run.err;
}

TEST(RunningAggregates, PutOutEachRecordInItsKeysOrder) {
  Lines expected;
  int total = 0;
  std::string input;
  for (int i = 1; i <= 2000; ++i) {
    input += record("a", i) + record("b", -i);
    total += i;
    expected.push_back("a=" + std::to_string(total));
    expected.push_back("b=" + std::to_string(-total));
  }
  std::sort(expected.begin(), expected.end());
  for (const std::string use : {"core.aggregate", "core.stateful_map"}) {
    const std::string emit = use == "core.aggregate" ? "emit = \"record\"\n" : "";
    for (const int workers : {1, 3}) {
      EXPECT_EQ(
          results(use, "aggregate = { use = \"agg.sum\", of = \"/v\" }\n" + emit, input, workers),
          expected)
          << use << workers;
    }
  }
}

TEST(RunningAggregates, EndWithTheResultOverAll) {
  for (const std::string more : {"", "every = \"10s\"\n", "every = \"1ms\"\n"}) {
    const RunResult run =
        run_job("core.aggregate", "aggregate = \"agg.count\"\n" + more, many_records(), 2);
    EXPECT_EQ(run.status, 0) << run.err;
    // The last result of each key is that over all of its records.
    std::map<std::string, std::string> last;
    std::istringstream lines(run.out);
    for (std::string line; std::getline(lines, line);) last[line.substr(0, 2)] = line.substr(3);
    EXPECT_EQ(last, (std::map<std::string, std::string>{{"k0", "4286"},
                                                        {"k1", "4286"},
                                                        {"k2", "4286"},
                                                        {"k3", "4286"},
                                                        {"k4", "4286"},
                                                        {"k5", "4285"},
                                                        {"k6", "4285"}}))
        << more;
  }
}

TEST(RunningAggregates, PutOutChangesWhenTimeIsUpThoughTheInputGoesOn) {
  const TempDir folder;
  const std::string manifest = folder.write(
      "job.toml", job("core.aggregate", "aggregate = \"agg.count\"\nevery = \"300ms\"\n"));
  Child running({streamhost_path(), "--manifest", manifest});
  running.write_input(record("a", 1) + record("a", 2));
  EXPECT_TRUE(running.wait_for_output("a=2\n")) << running.err();
  running.write_input(record("a", 3));
  EXPECT_TRUE(running.wait_for_output("a=3\n")) << running.err();
  const RunResult run = running.wait();
  EXPECT_EQ(run.out, "a=2\na=3\n");  // nothing pending at the end
}

TEST(StatefulFlatMap, PutsOutTheElementsOfAScriptsArray) {
  // The difference to the value before: none for the first of a key.
  const std::string differences =
      "aggregate = { use = \"lua.fold\", init = \"{out = array({})}\", "
      "add = \"{last = value.v, out = state.last and {value.v - state.last} or array({})}\", "
      "finish = \"state.out\" }\n";
  for (const int workers : {1, 2}) {
    EXPECT_EQ(results("core.stateful_flat_map", differences,
                      record("a", 1) + record("b", 7) + record("a", 4) + record("a", 2), workers),
              (Lines{"a=-2", "a=3"}));
  }
  const RunResult run =
      run_job("core.stateful_flat_map", "aggregate = \"agg.count\"\n", record("a", 1));
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(mentions(run.err, "the result of agg.count is 1, where an array is needed"))
      << run.err;
}

// A job over a file that keeps snapshots, run again when the file has grown; all that it put out.
class GrowingInput {
 public:
  GrowingInput(const std::string& use, const std::string& options) { write_job(use, options); }
  void write_job(const std::string& use, const std::string& options) {
    manifest_ =
        folder_.write("job.toml", job(use, options, "use = \"file.lines\"\npath = \"in.jsonl\"\n",
                                      "use = \"file.lines\"\npath = \"out.txt\"\n"));
  }
  RunResult run(const std::string& more_input, int workers = 1) {
    std::ofstream(folder_ / "in.jsonl", std::ios::app) << more_input;
    return streamhost({"-m", manifest_, "-r", folder_ / "state", "-w", std::to_string(workers)});
  }
  Lines out() const { return sorted_lines(read_file(folder_ / "out.txt")); }

 private:
  const TempDir folder_;
  std::string manifest_;
};

TEST(AggregatesAndSnapshots, ResultsForEachRecordGoOnWhenTheInputHasGrown) {
  const std::string both =
      "aggregate = { n = \"agg.count\", total = { use = \"lua.fold\", init = \"0\", "
      "add = \"state + value.v\" } }\n";
  for (const std::string use : {"core.stateful_map", "core.aggregate"}) {
    GrowingInput job(use, both + (use == "core.aggregate" ? "emit = \"record\"\n" : ""));
    RunResult run = job.run(record("a", 1) + record("b", 5) + record("a", 2));
    ASSERT_EQ(run.status, 0) << run.err;
    run = job.run(record("a", 4) + record("c", 1), 3);
    ASSERT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(job.out(), (Lines{"a={\"n\":1,\"total\":1}", "a={\"n\":2,\"total\":3}",
                                "a={\"n\":3,\"total\":7}", "b={\"n\":1,\"total\":5}",
                                "c={\"n\":1,\"total\":1}"}))
        << use;
    // Another aggregate cannot go on with this state.
    job.write_job(use, "aggregate = \"agg.count\"\n");
    run = job.run("");
    EXPECT_NE(run.status, 0);
    EXPECT_TRUE(mentions(run.err, "the manifest names other ones")) << run.err;
  }
}

TEST(AggregatesAndSnapshots, WithAnIntervalTheEndIsTheEnd) {
  GrowingInput job("core.aggregate", "aggregate = \"agg.count\"\nevery = \"1h\"\n");
  ASSERT_EQ(job.run(record("a", 1) + record("a", 2)).status, 0);
  ASSERT_EQ(job.run(record("a", 3)).status, 0);
  EXPECT_EQ(job.out(), (Lines{"a=1", "a=2"}));
}

TEST(AggregatesAndSnapshots, AFoldThatIsDrainedGoesOnWhereItWas) {
  const TempDir folder;
  const std::string text =
      "name = \"drained\"\n[source.numbers]\nuse = \"demo.sequence\"\nkeys = 5\ncount = 4000\n"
      "rate = 8000\n[operator.result]\nuse = \"core.fold_final\"\nfrom = \"numbers\"\n"
      "aggregate = { n = \"agg.count\", d = \"agg.distinct\" }\n"
      "[sink.out]\nuse = \"file.lines\"\nfrom = \"result\"\npath = \"out.txt\"\n"
      "format = \"{value}\"\n[run]\nepoch = \"20ms\"\n";
  const std::string manifest = folder.write("job.toml", text);
  const std::string store = folder / "state";
  Child first({streamhost_path(), "-m", manifest, "-r", store, "-w", "2"});
  for (int i = 0; i < 200; ++i) {
    if (mentions(streamhost({"recovery", "show", "-r", store}).out, "\n5 ")) break;
  }
  first.signal(SIGTERM);
  EXPECT_EQ(first.wait().status, 0);
  EXPECT_EQ(read_file(folder / "out.txt"), "");
  const RunResult second = streamhost({"-m", manifest, "-r", store, "-w", "3"});
  EXPECT_EQ(second.status, 0) << second.err;
  EXPECT_TRUE(mentions(second.err, "resuming from epoch")) << second.err;
  EXPECT_EQ(sorted_lines(read_file(folder / "out.txt")), Lines(5, "{\"n\":800,\"d\":800}"));
}

}  // namespace
}  // namespace streamhost::testing
