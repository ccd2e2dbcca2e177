// Formatted text, as printf has it.
#pragma once

#include <string>

namespace bench {

// Appends to `to`; at most 511 bytes.
[[gnu::format(printf, 2, 3)]] void add(std::string& to, const char* format, ...);

}  // namespace bench
