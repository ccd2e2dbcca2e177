#include "cases.h"

#include "case_builder.h"

namespace bench {
namespace {

std::string key_value_sink(const std::string& from) {
  return "[sink.out]\nuse = \"file.lines\"\nfrom = \"" + from +
         "\"\npath = \"@OUTPUT@\"\nformat = \"{key}\\t{value}\"\n";
}

std::string counts(const std::string& from, bool combine) {
  return "[operator.counts]\nuse = \"core.count_final\"\nfrom = \"" + from + "\"\n" +
         (combine ? "" : "combine = false\n");
}

Case wordcount(const Setting& setting) {
  const std::string text = text_200_mb(setting.inputs);
  const auto steps = [&](unsigned workers, bool combine) {
    return file_source(text, workers) + R"([operator.words]
use = "text.split"
from = "lines"
lowercase = true

[operator.by_word]
use = "core.key_on"
from = "words"
key = "value"

)" + counts("by_word", combine) +
           key_value_sink("counts");
  };
  CaseBuilder b(setting, "wordcount", Compare::lines);
  const size_t loop = b.loop("loop", {"wordcount", text});
  const size_t w1 = b.host("w1", 1, steps(1, true)), w2 = b.host("w2", 2, steps(2, true)),
               w4 = b.host("w4", 4, steps(4, true)), raw = b.host("raw_w2", 2, steps(2, false));
  b.row("wordcount", 1, loop, w1).most_ratio = 1.0;
  Row& two = b.row("wordcount", 2, loop, w2);
  two.faster_than = 0;
  two.least_speedup = 1.6;
  Row& four = b.row("wordcount", 4, loop, w4);
  four.faster_than = 1;
  four.least_speedup = 0.8;
  Row& exchanged = b.row("wordcount, raw exchange", 2, loop, raw);
  exchanged.faster_than = 0;
  exchanged.least_speedup = 1.2;
  return b.done();
}

Case keyed_count(const Setting& setting, const std::string& name, uint64_t keys) {
  static constexpr uint64_t kRecords = 20'000'000;
  const auto source =
      "[source.records]\nuse = \"demo.sequence\"\ncount = " + std::to_string(kRecords) +
      "\nkeys = " + std::to_string(keys) + "\norder = \"random\"\npartitions = 8\n";
  const auto steps = [&](bool combine) {
    return source + counts("records", combine) + key_value_sink("counts");
  };
  CaseBuilder b(setting, name, Compare::lines);
  const size_t loop =
      b.loop("loop", {"keyed_count", std::to_string(kRecords), std::to_string(keys)});
  const size_t w1 = b.host("w1", 1, steps(true)), w2 = b.host("w2", 2, steps(true)),
               raw = b.host("raw_w2", 2, steps(false));
  b.row(name, 1, loop, w1).most_ratio = keys == 1'000'000 ? 1.5 : 0;
  b.row(name, 2, loop, w2).faster_than = 0;
  b.row(name + ", raw exchange", 2, loop, raw).faster_than = 0;
  return b.done();
}

Case pass_through(const Setting& setting) {
  static constexpr uint64_t kRecords = 50'000'000;
  static constexpr unsigned kSteps = 5;
  const std::string records = std::to_string(kRecords);
  const auto steps = [&](const std::string& component, unsigned count) {
    std::string text =
        "[source.records]\nuse = \"demo.sequence\"\nsize = 100\ncount = " + records + "\n";
    std::string from = "records";
    for (unsigned i = 1; i <= count; ++i) {
      const std::string id = "step_" + std::to_string(i);
      text += "[operator." + id + "]\nuse = \"" + component + "\"\nfrom = \"" + from + "\"\n";
      from = id;
    }
    return text + null_sink(from);
  };
  CaseBuilder b(setting, "pass_through", Compare::counts);
  const size_t loop_0 = b.loop("loop_0", {"pass_through", records, "100", "0", "look"});
  const size_t loop_look = b.loop("loop_look", {"pass_through", records, "100", "5", "look"});
  const size_t loop_copy = b.loop("loop_copy", {"pass_through", records, "100", "5", "copy"});
  const size_t host_0 = b.host("steps_0", 1, steps("", 0));
  const size_t host_pass = b.host("steps_5", 1, steps("bench.pass", kSteps));
  const size_t host_touch = b.host("steps_5_new", 1, steps("bench.touch", kSteps));
  b.row("source and sink alone", 1, loop_0, host_0).units = kRecords;
  for (const bool copy : {false, true}) {
    Row& row = b.row(copy ? "per step, new records" : "per step, filter", 1,
                     copy ? loop_copy : loop_look, copy ? host_touch : host_pass);
    row.loop_base = loop_0;
    row.host_base = host_0;
    row.units = static_cast<double>(kRecords) * kSteps;
    row.most_ns = 5;
  }
  return b.done();
}

Case stations(const Setting& setting) {
  const std::string lines = station_lines(setting.inputs);
  const auto steps = [&](unsigned workers) {
    return file_source(lines, workers) + R"([operator.by_station]
use = "text.key_value"
from = "lines"
delimiter = ";"

[operator.stats]
use = "core.stats_final"
from = "by_station"

)" + key_value_sink("stats");
  };
  CaseBuilder b(setting, "stations", Compare::stats);
  const size_t loop = b.loop("loop", {"stations", lines});
  const size_t w1 = b.host("w1", 1, steps(1)), w2 = b.host("w2", 2, steps(2));
  b.row("stations", 1, loop, w1).most_ratio = 1.5;
  b.row("stations", 2, loop, w2).faster_than = 0;
  return b.done();
}

Case json_sum(const Setting& setting) {
  static constexpr const char* kLeast = "2500";
  const std::string lines = json_lines(setting.inputs, 5'000'000);
  const auto steps = [&](unsigned workers) {
    return file_source(lines, workers) + R"([operator.fields]
use = "json.extract"
from = "lines"
key = "/country"
value = "/amount"

[operator.large]
use = "json.filter"
from = "fields"
pointer = ""
op = ">="
value = )" +
           kLeast + R"(

[operator.sums]
use = "core.sum_final"
from = "large"

)" + key_value_sink("sums");
  };
  CaseBuilder b(setting, "json_sum", Compare::lines);
  const size_t loop = b.loop("loop", {"json_sum", lines, kLeast});
  const size_t w1 = b.host("w1", 1, steps(1)), w2 = b.host("w2", 2, steps(2));
  Row& one = b.row("json_sum", 1, loop, w1);
  one.most_ratio = 1.5;
  one.units = 5e6;
  Row& two = b.row("json_sum", 2, loop, w2);
  two.units = 5e6;
  two.faster_than = 0;
  return b.done();
}

std::vector<CaseMaker> makers() {
  std::vector<CaseMaker> all = {
      {"wordcount", wordcount},
      {"keyed_100", [](const Setting& s) { return keyed_count(s, "keyed_100", 100); }},
      {"keyed_1m", [](const Setting& s) { return keyed_count(s, "keyed_1m", 1'000'000); }},
      {"pass_through", pass_through},
      {"stations", stations},
      {"json_sum", json_sum}};
  for (auto* more : {window_cases, script_cases}) {
    for (CaseMaker& maker : more()) all.push_back(std::move(maker));
  }
  return all;
}

}  // namespace

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : makers()) names.push_back(name);
  return names;
}

Case make_case(const std::string& name, const Setting& setting) {
  for (const auto& [known, make] : makers()) {
    if (known == name) return make(setting);
  }
  throw std::out_of_range("there is no case \"" + name + "\"");
}

}  // namespace bench
