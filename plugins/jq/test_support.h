// What the tests of this plugin share.
#pragma once

#include <map>
#include <string>

#include "common/component_harness.h"

namespace streamhost::jq {

using plugin_common::ComponentHarness;
using plugin_common::TestRecord;
using Records = std::vector<TestRecord>;
using Options = std::map<std::string, std::string>;

// With the limits in canonical text, as the host would give them.
inline Options with_limits(Options options) {
  options.try_emplace("memory_limit", std::to_string(64 << 20));
  options.try_emplace("timeout", "400000");
  return options;
}

// A component with one value put into it.
struct Once {
  Once(const std::string& component, Options options, const std::optional<std::string>& value,
       const std::optional<std::string>& key = "k")
      : harness(component, with_limits(std::move(options))) {
    if (harness.error.empty()) status = harness.process({{key, value, 1000}});
    for (const TestRecord& r : harness.out) {
      if (!out.empty()) out += " | ";
      out += r.value.value_or("(absent)");
    }
    if (!harness.rejected.empty()) problem = harness.rejected[0];
  }
  ComponentHarness harness;
  sh_status status = SH_OK;
  std::string out;      // the values put out
  std::string problem;  // why the record was rejected
};

}  // namespace streamhost::jq
