// One text for all ways to write the same JSON scalar, so that equal values are equal bytes.
#pragma once

#include <string>
#include <string_view>

namespace streamhost::agg {

// Appends a JSON value, which must be valid and without spaces around it. Numbers are written by
// their exact value, whatever their size ("1.0", "1e0" and "1" become 1, "-0" becomes 0); strings
// with the fewest escapes. Objects and arrays stay as they stand.
void append_canonical(std::string& to, std::string_view json);

// An order for results: strings, numbers by value, arrays, false, null, true, objects; otherwise by
// bytes. Total: no two texts are equal in it but equal ones.
bool json_less(std::string_view a, std::string_view b);

}  // namespace streamhost::agg
