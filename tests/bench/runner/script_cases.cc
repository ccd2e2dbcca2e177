#include "case_builder.h"

namespace bench {
namespace {

Case lua_text(const Setting& setting) {
  static constexpr uint64_t kRecords = 50'000'000;
  const std::string records = std::to_string(kRecords);
  CaseBuilder b(setting, "lua_text", Compare::counts);
  const size_t loop = b.loop("loop", {"filter_text", records, "100"});
  const size_t w1 =
      b.host("w1", 1, "[source.records]\nuse = \"demo.sequence\"\ncount = " + records + R"(

[operator.large]
use = "lua.filter"
from = "records"
codec = "text"
expr = "tonumber(value) > 100"

)" + null_sink("large"));
  Row& row = b.row("lua filter, text", 1, loop, w1);
  row.units = kRecords;
  row.most_ns = 50;
  return b.done();
}

// Those orders whose amount is large, by a filter of the plugin `name`.
Case json_filter(const Setting& setting, const std::string& name, const std::string& option,
                 uint64_t records, double most_ns) {
  const std::string lines = json_lines(setting.inputs, records);
  CaseBuilder b(setting, name + "_json", Compare::counts);
  const size_t loop = b.loop("loop", {"filter_json", lines, "2500"});
  const size_t w1 =
      b.host("w1", 1,
             file_source(lines, 1) + "\n[operator.large]\nuse = \"" + name +
                 ".filter\"\nfrom = \"lines\"\n" + option + "\n" + null_sink("large"));
  Row& row = b.row(name + " filter, a JSON field", 1, loop, w1);
  row.units = static_cast<double>(records);
  row.most_ns = most_ns;
  return b.done();
}

}  // namespace

std::vector<CaseMaker> script_cases() {
  return {{"lua_text", lua_text},
          {"lua_json",
           [](const Setting& s) {
             return json_filter(s, "lua", "expr = \"value.amount > 2500\"\n", 5'000'000, 333);
           }},
          {"jq_json", [](const Setting& s) {
             return json_filter(s, "jq", "program = \".amount > 2500\"\n", 200'000, 0);
           }}};
}

}  // namespace bench
