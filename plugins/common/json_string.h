// Text as JSON strings.
#pragma once

#include <string>
#include <string_view>

namespace plugin_common {

// Appends `text` in quotes, escaped as RFC 8259 asks. Bytes that are not UTF-8 become U+FFFD, so
// that the result always is.
void append_json_string(std::string& to, std::string_view text);

}  // namespace plugin_common
