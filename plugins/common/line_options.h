// The options that sources of lines share.
#pragma once

#include <streamhost/sdk.hpp>

#include <vector>

#include "line_scanner.h"

namespace plugin_common {

// Appends `max_line` and `strip_cr`.
inline void add_line_options(std::vector<streamhost::Option>& to) {
  using streamhost::option;
  using streamhost::Type;
  to.push_back(option("max_line", Type::size, "a longer line is rejected; in bytes")
                   .otherwise("1MiB")
                   .at_least(1)
                   .at_most(1 << 30));
  to.push_back(option("strip_cr", Type::boolean, "take a line's end \"\\r\\n\" as \"\\n\"")
                   .otherwise("true"));
}

// What they say.
inline LineRules line_rules(const streamhost::Config& config) {
  LineRules rules;
  rules.max_line = static_cast<uint64_t>(config.integer("max_line", 1 << 20));
  rules.strip_cr = config.flag("strip_cr");
  return rules;
}

}  // namespace plugin_common
