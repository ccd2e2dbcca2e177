#include "crash/jobs.h"
#include "crash/steps.h"

namespace streamhost::crash {
namespace {

using Kind = Output::Kind;

// The lines of timed_lines() with their key, as the step `keyed`; their times are not looked at.
std::string records(const std::string& folder = "in", const std::string& name = "keyed") {
  return paced_lines("1500us", "", folder) + step("operator." + name, "json.extract",
                                                  folder == "in" ? "paced" : "paced_" + folder,
                                                  "key = \"/id\"\n");
}

Output lines_of(const std::string& name, Order order = Order::kByKey, bool one_for_one = false) {
  return {Kind::kFile, name + ".txt", order, one_for_one};
}

// A script whose result depends on every record and on their order.
const std::string kChain =
    "{ use = \"lua.fold\", init = \"7\", add = \"(state * 31 + value.v) % 1000003\" }";

// Three kinds of states that last as long as the job, each seen in every record. The state's time
// to live is longer than any test: it must change nothing.
CrashJob scripts() {
  return {"scripts",
          head("scripts") + records() +
              step("operator.sums", "lua.stateful_map", "keyed",
                   "code = '''\n"
                   "return function(state, key, value)\n"
                   "  state = state or { n = 0, last = { 0, 0, 0 }, text = \"\" }\n"
                   "  state.n = state.n + 1\n"
                   "  state.last[state.n % 3 + 1] = value.v\n"
                   "  state.text = (state.text .. value.n):sub(-12)\n"
                   "  return state, { n = state.n, last = state.last, text = state.text }\n"
                   "end'''\n") +
              step("operator.chain", "core.stateful_map", "keyed", "aggregate = " + kChain + "\n") +
              step("operator.numbered", "crash.running", "keyed", "ttl = \"1h\"\n") +
              file_sink("sums", "{key}\\t{value}", "sums_out") +
              file_sink("chain", "{key}\\t{value}", "chain_out") +
              file_sink("numbered", "{key}\\t{value}", "numbered_out"),
          [](Random& random) { return timed_lines(random, "in", 3, 4000, 100, false); },
          {lines_of("sums_out", Order::kByKey, true), lines_of("chain_out", Order::kByKey, true),
           lines_of("numbered_out", Order::kByKey, true)},
          true};
}

// Results at each record, and each value once.
CrashJob running_aggregates() {
  return {
      "running_aggregates",
      head("running_aggregates") + records() +
          step("operator.totals", "core.aggregate", "keyed",
               "emit = \"record\"\naggregate = { n = \"agg.count\", total = { use = \"agg.sum\", "
               "of = \"/v\" }, top = { use = \"agg.top_k\", k = 2, of = \"/v\" } }\n") +
          step("operator.values", "json.extract", "keyed", "value = \"/v\"\n") +
          step("operator.once", "core.dedupe", "values", "by = \"value\"\n") +
          two_phase_sink("totals") + file_sink("once", "{key}\\t{value}", "once_out"),
      [](Random& random) { return timed_lines(random, "in", 3, 4000, 100, false); },
      {{Kind::kTwoPhase, "out", Order::kByKey, true}, lines_of("once_out")}};
}

// Aggregates that are combined before the exchange, and a script that is not; out at the end.
CrashJob folds() {
  return {"folds",
          head("folds") + records() +
              step("operator.merged", "core.fold_final", "keyed",
                   "aggregate = { n = \"agg.count\", total = { use = \"agg.sum\", of = \"/v\" }, "
                   "values = { use = \"agg.collect\", as = \"set\", of = \"/v\" }, "
                   "kinds = { use = \"agg.distinct\", of = \"/v\" } }\n") +
              step("operator.chained", "core.fold_final", "keyed",
                   "aggregate = { h = " + kChain +
                       ", first = { use = \"agg.first\", of = \"/n\" } }\n") +
              two_phase_sink("merged") + file_sink("chained", "{key}\\t{value}", "chained_out"),
          [](Random& random) { return timed_lines(random, "in", 3, 4000, 300, false); },
          {{Kind::kTwoPhase, "out", Order::kLines}, lines_of("chained_out", Order::kLines)}};
}

// What the sides have in the end. The values of a side come in the order of one file.
CrashJob join_final() {
  return {"join_final",
          head("join_final") + records("in", "one") + records("other", "two") +
              step("operator.last", "core.join", "{ one = \"one\", two = \"two\" }",
                   "emit = \"final\"\n") +
              step("operator.first", "core.join", "{ one = \"one\", two = \"two\" }",
                   "emit = \"final\"\ninsert = \"first\"\n") +
              file_sink("last", "{key}\\t{value}", "last_out") +
              file_sink("first", "{key}\\t{value}", "first_out"),
          [](Random& random) {
            Input input = timed_lines(random, "in", 1, 6000, 400, false);
            for (InputFile& file : timed_lines(random, "other", 1, 6000, 300, false)) {
              input.push_back(std::move(file));
            }
            return input;
          },
          {lines_of("last_out", Order::kLines), lines_of("first_out", Order::kLines)}};
}

// Rows when both sides are there. Each key is there once, so it does not matter which is first.
CrashJob join_complete() {
  return {"join_complete",
          head("join_complete") + records("in", "one") + records("other", "two") +
              step("operator.pairs", "core.join", "{ one = \"one\", two = \"two\" }") +
              two_phase_sink("pairs"),
          [](Random& random) {
            Input input = single_lines(random, "in", 3, 8000);
            for (InputFile& file : single_lines(random, "other", 2, 8000)) {
              input.push_back(std::move(file));
            }
            return input;
          },
          {{Kind::kTwoPhase, "out", Order::kLines}},
          true};
}

}  // namespace

std::vector<CrashJob> state_jobs() {
  std::vector<CrashJob> jobs = {scripts(), running_aggregates(), folds(), join_final(),
                                join_complete()};
  return jobs;
}

}  // namespace streamhost::crash
