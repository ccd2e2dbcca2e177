// One option: whether its description makes sense, and the canonical text of one value.
#pragma once

#include <streamhost/abi.h>

#include <string>

#include "base/status.h"
#include "base/value.h"
#include "plugin/options.h"

namespace streamhost {

// Ok when the description of the option makes sense: a known type and flags, a range only where
// there is an order, a default that is itself a good value. Looks at a table's fields no closer
// than whether there are any. `option` is full-size (see tables.h).
Status check_option(const sh_option& option);

// What a plugin sees of `value`, checked against type, range and choices; not for tables and
// components (see options.cc). The message of an error
// is a phrase that follows the option's name: `must be an integer, not a string`. It never repeats
// the value of a secret option. Relative paths are taken from `base_dir`.
Result<OptionValue> option_value(const sh_option& option, const Value& value,
                                 const std::string& base_dir);

// The same for the option's default; not given when it has none. The text of a default is written
// as in a manifest without quotes; for a list "a, b", for a map "a = 1, b = 2".
Result<OptionValue> option_default(const sh_option& option, const std::string& base_dir);

}  // namespace streamhost
