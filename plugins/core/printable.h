// Bytes made fit for one line of a log or of an error message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace streamhost::core {

// `bytes` as one line of valid UTF-8: line ends and tabs as \n, \r, \t, other control characters
// and bytes that are not UTF-8 as \xNN. What lies past the first `limit` bytes is replaced by
// "... (N bytes)"; a character is never cut in two.
std::string printable(std::string_view bytes, size_t limit);

}  // namespace streamhost::core
