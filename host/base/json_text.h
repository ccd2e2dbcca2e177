// Text as JSON strings: for output that machines read, and for quoting what a person wrote.
#pragma once

#include <string>
#include <string_view>

namespace streamhost {

// Appends `text` as a JSON string, with its quotes. Control characters are escaped; every byte
// sequence that is not UTF-8 becomes U+FFFD, so that the result always is.
void append_json_string(std::string& out, std::string_view text);

// The same as a string of its own. Messages quote with it what came from outside.
std::string json_string(std::string_view text);

}  // namespace streamhost
