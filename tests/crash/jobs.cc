#include "crash/jobs.h"

#include "crash/steps.h"

namespace streamhost::crash {
namespace {

using Kind = Output::Kind;

std::function<Input(Random&)> three_files(size_t lines, size_t keys) {
  return [=](Random& random) { return keyed_lines(random, 3, lines, keys); };
}

const Output kOutFile{Kind::kFile, "out.txt", Order::kByKey, true};
const Output kOutTwoPhase{Kind::kTwoPhase, "out", Order::kByKey, true};

// Records go straight through, in order to the byte.
CrashJob pass_through() {
  return {"pass_through",
          head("pass_through") + paced_lines("2ms") +
              step("operator.marked", "text.replace", "paced", "pattern = ';'\nwith = ' = '\n") +
              file_sink("marked", "{value}"),
          [](Random& random) { return keyed_lines(random, 1, 6000, 100); },
          {{Kind::kFile, "out.txt", Order::kExact, true}},
          true};
}

// Every sink partition has a position of its own.
CrashJob partitioned() {
  return {"partitioned",
          head("partitioned") + keyed_lines_steps() +
              step("sink.out", "file.partitioned", "keyed",
                   "path = \"out\"\npartitions = 3\nformat = \"{key}\\t{value}\"\n"),
          three_files(4000, 30),
          {{Kind::kDirectory, "out", Order::kByKey, true}},
          true};
}

// State that is combined before the exchange and comes out at the end.
CrashJob word_count() {
  return {"word_count",
          head("word_count") + paced_lines() + step("operator.words", "text.split", "paced") +
              step("operator.by_word", "core.key_on", "words", "key = \"value\"\n") +
              step("operator.counts", "core.count_final", "by_word") + file_sink("counts"),
          [](Random& random) { return word_lines(random, 3, 4000, 3000); },
          {{Kind::kFile, "out.txt", Order::kLines}}};
}

CrashJob sums_two_phase() {
  return {"sums_two_phase",
          head("sums_two_phase") + keyed_lines_steps() +
              step("operator.sums", "core.sum_final", "keyed") + two_phase_sink("sums"),
          three_files(4000, 300),
          {{Kind::kTwoPhase, "out", Order::kLines}}};
}

// State that shows in every record.
CrashJob running() {
  return {"running",
          head("running") + keyed_lines_steps() +
              step("operator.numbered", "crash.running", "keyed") + file_sink("numbered"),
          three_files(4000, 100),
          {kOutFile},
          true};
}

CrashJob running_two_phase() {
  return {"running_two_phase",
          head("running_two_phase") + keyed_lines_steps() +
              step("operator.numbered", "crash.running", "keyed") + two_phase_sink("numbered"),
          three_files(4000, 100),
          {kOutTwoPhase},
          true};
}

// The same with a part for each worker, of which there are others after a restart.
CrashJob running_dynamic() {
  return {"running_dynamic",
          head("running_dynamic") + keyed_lines_steps() +
              step("operator.numbered", "crash.running", "keyed") +
              step("sink.out", "testing.two_phase_dynamic", "numbered",
                   "path = \"out\"\nformat = \"{key}\\t{value}\"\n"),
          three_files(4000, 100),
          {kOutTwoPhase},
          true};
}

// Timers on the wall clock; which values share an array depends on it, which values there are and
// in which order does not.
CrashJob collect() {
  return {"collect",
          head("collect") + keyed_lines_steps() +
              step("operator.arrays", "core.collect", "keyed",
                   "max_size = 7\ntimeout = \"50ms\"\nvalues = \"text\"\n") +
              file_sink("arrays"),
          three_files(4000, 200),
          {{Kind::kFile, "out.txt", Order::kByKey, true, true}},
          true};
}

// Arrays that fill up slowly and do not depend on the clock.
CrashJob collect_two_phase() {
  return {
      "collect_two_phase",
      head("collect_two_phase") + keyed_lines_steps() +
          step("operator.arrays", "core.collect", "keyed", "max_size = 9\nvalues = \"text\"\n") +
          two_phase_sink("arrays"),
      three_files(4000, 200),
      {{Kind::kTwoPhase, "out", Order::kByKey}}};
}

// Two kinds of source merged, three sinks of three kinds.
CrashJob mixed() {
  return {"mixed",
          head("mixed") + keyed_lines_steps() +
              step("source.rows", "file.csv", "", "path = \"csv\"\n") +
              step("operator.paced_rows", "crash.pace", "rows", "per_batch = \"1500us\"\n") +
              step("operator.fields", "json.extract", "paced_rows",
                   "key = \"/key\"\nvalue = \"/value\"\n") +
              step("operator.numbered", "crash.running", "[\"keyed\", \"fields\"]") +
              step("sink.parts", "file.partitioned", "numbered",
                   "path = \"parts\"\npartitions = 2\nformat = \"{key}\\t{value}\"\n") +
              two_phase_sink("numbered", "staged") + file_sink("fields", "{key}\\t{value}", "copy"),
          [](Random& random) {
            Input input = keyed_lines(random, 2, 3000, 50);
            for (InputFile& file : csv_rows(random, 2, 3000, 50)) input.push_back(std::move(file));
            return input;
          },
          {{Kind::kDirectory, "parts", Order::kByKey},
           {Kind::kTwoPhase, "staged", Order::kByKey},
           {Kind::kFile, "copy.txt", Order::kByKey}},
          true};
}

// The order of a key's records is given up twice over, by ranges of a file and by an operator that
// spreads; so the records and the numbers are looked at apart.
CrashJob spread() {
  return {
      "spread",
      head("spread") + keyed_lines_steps("ranges = 2\n") +
          step("operator.anywhere", "core.redistribute", "keyed") +
          step("operator.numbered", "crash.running", "anywhere") +
          step("operator.numbers", "text.replace", "numbered", "pattern = '^.*\\t'\nwith = ''\n") +
          file_sink("numbers", "{key}\\t{value}", "numbers_out") +
          file_sink("anywhere", "{key}\\t{value}", "records"),
      three_files(4000, 50),
      {{Kind::kFile, "numbers_out.txt", Order::kLines, true},
       {Kind::kFile, "records.txt", Order::kLines, true}}};
}

// Two keyed steps, one behind the other: barriers are aligned twice.
CrashJob two_exchanges() {
  return {
      "two_exchanges",
      head("two_exchanges") + keyed_lines_steps() +
          step("operator.numbered", "crash.running", "keyed") +
          step("operator.numbers", "text.replace", "numbered", "pattern = '^.*\\t'\nwith = ''\n") +
          step("operator.by_number", "core.key_on", "numbers", "key = \"value\"\n") +
          step("operator.again", "crash.running", "by_number") + file_sink("again"),
      three_files(4000, 60),
      {{Kind::kFile, "out.txt", Order::kLines, true}},
      true};
}

// A source without files, which keeps time by itself.
CrashJob sequence() {
  return {"sequence",
          head("sequence") +
              step("source.numbers", "demo.sequence", "",
                   "count = 12000\nkeys = 200\npartitions = 4\nrate = 24000.0\n") +
              step("operator.numbered", "crash.running", "numbers") + two_phase_sink("numbered") +
              file_sink("numbered", "{key}\\t{value}", "copy"),
          nullptr,
          {{Kind::kTwoPhase, "out", Order::kByKey}, {Kind::kFile, "copy.txt", Order::kByKey}}};
}

}  // namespace

std::vector<CrashJob> plain_jobs() {
  return {pass_through(),    partitioned(), word_count(),
          sums_two_phase(),  running(),     running_two_phase(),
          running_dynamic(), collect(),     collect_two_phase(),
          mixed(),           spread(),      two_exchanges(),
          sequence()};
}

}  // namespace streamhost::crash
