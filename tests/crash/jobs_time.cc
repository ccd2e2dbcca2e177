// Nothing is late in these jobs, for what is late depends on how far the other files are:
// watermarks wait for longer than records are out of order. The output `late` must stay empty.
#include "crash/jobs.h"
#include "crash/steps.h"

namespace streamhost::crash {
namespace {

using Kind = Output::Kind;

// The lines of timed_lines() with key, event time and a watermark that waits for what is out of
// order in it, as the step `name`.
std::string timed(const std::string& folder = "in", const std::string& name = "timed") {
  return paced_lines("1500us", "", folder) +
         step("operator." + name, "json.extract", folder == "in" ? "paced" : "paced_" + folder,
              "key = \"/id\"\ntime = \"/ts\"\nwatermark = { wait = \"5s\" }\n");
}

std::string late_sink(const std::string& of) {
  return file_sink(of + ".late", "{key}\\t{value}", "late");
}

const Output kNothingLate{Kind::kFile, "late.txt", Order::kLines, false, false, true};
const Output kOutFile{Kind::kFile, "out.txt", Order::kByKey};
const Output kOutTwoPhase{Kind::kTwoPhase, "out", Order::kByKey};

constexpr size_t kLines = 4000;
std::function<Input(Random&)> timed_files(size_t keys, bool shared, Timing timing = {}) {
  return [=](Random& random) { return timed_lines(random, "in", 3, kLines, keys, shared, timing); };
}

// Keys that all files have; their records come in any order.
CrashJob tumbling() {
  return {"tumbling",
          head("tumbling") + timed() +
              step("operator.windows", "window.aggregate", "timed",
                   "window = { kind = \"tumbling\", length = \"10s\" }\naggregate = { n = "
                   "\"agg.count\", total = { use = \"agg.sum\", of = \"/v\" } }\n") +
              file_sink("windows") + late_sink("windows"),
          timed_files(100, true),
          {kOutFile, kNothingLate}};
}

// Windows that overlap. The script depends on the order of records and cannot be merged; the
// counts can, so that panes are shared.
CrashJob sliding() {
  const std::string window = "window = { kind = \"sliding\", length = \"12s\", offset = \"5s\" }\n";
  return {"sliding",
          head("sliding") + timed() +
              step("operator.windows", "window.fold", "timed",
                   window + "aggregate = { use = \"lua.fold\", init = \"7\", add = \"(state * 31 + "
                            "value.v) % 1000003\" }\n") +
              step("operator.counts", "window.count", "timed", window) + two_phase_sink("windows") +
              file_sink("counts", "{key}\\t{value}", "counts_out") + late_sink("windows"),
          timed_files(60, false),
          {kOutTwoPhase, {Kind::kFile, "counts_out.txt", Order::kByKey}, kNothingLate}};
}

// Sessions that grow, and that are bridged by records out of order.
CrashJob session() {
  return {"session",
          head("session") + timed() +
              step("operator.windows", "window.collect", "timed",
                   "window = { kind = \"session\", gap = \"2s\" }\nof = \"/n\"\n") +
              two_phase_sink("windows") + file_sink("windows.meta", "{key}\\t{value}", "meta") +
              late_sink("windows"),
          timed_files(100, false),
          {kOutTwoPhase, {Kind::kFile, "meta.txt", Order::kByKey}, kNothingLate}};
}

// Records wait for their turn by event time, so that even a script gets those of three files in one
// order.
CrashJob ordered() {
  return {
      "ordered",
      head("ordered") + timed() +
          step("operator.windows", "window.fold", "timed",
               "ordered = true\nwindow = { kind = \"tumbling\", length = \"10s\" }\naggregate = "
               "{ use = \"lua.fold\", init = \"7\", add = \"(state * 31 + value.v) % 1000003\" "
               "}\n") +
          file_sink("windows") + late_sink("windows"),
      timed_files(60, true),
      {kOutFile, kNothingLate}};
}

// A watermark for each key, which goes on with the wall clock: it waits for much longer than
// records are out of order, and no test takes that long.
CrashJob clock_per_key() {
  Timing timing;
  timing.every_us = 2'500'000;
  timing.disorder_us = 400'000'000;
  return {"clock_per_key",
          head("clock_per_key") + timed() +
              step("operator.windows", "window.max", "timed",
                   "clock = { kind = \"event\", per = \"key\", wait = \"20m\" }\nof = \"/v\"\n"
                   "window = { kind = \"tumbling\", length = \"5m\" }\n") +
              file_sink("windows") + late_sink("windows"),
          timed_files(60, false, timing),
          {kOutFile, kNothingLate}};
}

// The event time is known behind an exchange only, where each worker goes by what the workers
// before it send. One file, since files that are mixed there would be out of order by any amount.
CrashJob time_behind_an_exchange() {
  return {"time_behind_an_exchange",
          head("time_behind_an_exchange") + paced_lines("500us") +
              step("operator.keyed", "json.extract", "paced", "key = \"/id\"\n") +
              step("operator.passed", "lua.stateful_map", "keyed",
                   "expr = \"(state or 0) + 1, value\"\n") +
              step("operator.timed", "json.extract", "passed",
                   "time = \"/ts\"\nwatermark = { wait = \"5s\" }\n") +
              step("operator.windows", "window.count", "timed",
                   "window = { kind = \"tumbling\", length = \"10s\" }\n") +
              file_sink("windows") + late_sink("windows"),
          [](Random& random) { return timed_lines(random, "in", 1, 3 * kLines, 100, false); },
          {kOutFile, kNothingLate}};
}

// Event timers as a plugin sees them.
CrashJob event_timers() {
  return {"event_timers",
          head("event_timers") + timed() +
              step("operator.alarms", "crash.alarms", "timed", "span = \"3s\"\n") +
              two_phase_sink("alarms"),
          timed_files(80, true),
          {kOutTwoPhase}};
}

Input two_sides(Random& random) {
  Input input = timed_lines(random, "in", 2, kLines, 200, true);
  for (InputFile& file : timed_lines(random, "other", 1, kLines, 200, true)) {
    input.push_back(std::move(file));
  }
  return input;
}

CrashJob window_join() {
  return {"window_join",
          head("window_join") + timed("in", "one") + timed("other", "two") +
              step("operator.windows", "window.join", "{ one = \"one\", two = \"two\" }",
                   "mode = \"outer\"\ninsert = \"product\"\n"
                   "window = { kind = \"tumbling\", length = \"5s\" }\n") +
              file_sink("windows") + late_sink("windows"),
          two_sides,
          {{Kind::kFile, "out.txt", Order::kLines}, kNothingLate}};
}

CrashJob interval_join() {
  return {"interval_join",
          head("interval_join") + timed("in", "one") + timed("other", "two") +
              step("operator.pairs", "join.interval", "{ one = \"one\", two = \"two\" }",
                   "mode = \"outer\"\nbefore = \"1s\"\nafter = \"2500ms\"\n") +
              two_phase_sink("pairs") + late_sink("pairs"),
          two_sides,
          {{Kind::kTwoPhase, "out", Order::kLines}, kNothingLate}};
}

}  // namespace

std::vector<CrashJob> time_jobs() {
  return {tumbling(),     sliding(),       session(),
          ordered(),      clock_per_key(), time_behind_an_exchange(),
          event_timers(), window_join(),   interval_join()};
}

}  // namespace streamhost::crash
