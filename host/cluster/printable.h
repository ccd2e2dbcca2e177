// Text from somebody else, before it goes into a log or on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace streamhost::cluster {

// `text` as UTF-8 without control characters (they become "?"), at most `most` bytes, with "..." at
// the end when something is missing.
std::string printable(std::string_view text, size_t most);

// The part of `text` from `at` on, at most `most` bytes, whole UTF-8 characters of it; "..." stands
// for what is missing on either side.
std::string excerpt(std::string_view text, size_t at, size_t most);

}  // namespace streamhost::cluster
