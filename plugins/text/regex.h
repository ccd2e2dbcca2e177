// RE2 expressions out of options.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace streamhost::text {

// Compiles `pattern`. `max_memory`: bytes that RE2 may use for the program and its caches. Throws
// a config_error that names the option, what is wrong and where in the pattern.
std::unique_ptr<re2::RE2> compile(const char* option, const std::string& pattern,
                                  int64_t max_memory);

inline re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view view(const re2::StringPiece& piece) { return {piece.data(), piece.size()}; }

}  // namespace streamhost::text
