// Texts of option values: names of types, numbers, and defaults read back as manifest values.
#pragma once

#include <streamhost/abi.h>

#include <string>
#include <string_view>

#include "base/value.h"

namespace streamhost {

// The type as a person reads it: "string", "duration", "list".
const char* type_name(int32_t type);

// A number of that type (a bound, a canonical value) as one writes it in a manifest: "64KiB".
std::string format_number(int32_t type, double number);

// The shortest text that reads back as the same number.
std::string float_text(double number);

// The value that `text` would be in a manifest, for an option of this type: what does not read as
// an integer where one is wanted stays a string, and is then refused like one.
Value value_of_text(int32_t type, std::string_view text);

// True for "scheme://...".
bool is_url(std::string_view text);

}  // namespace streamhost
