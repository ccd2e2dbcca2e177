// JSON text of single values, as Protobuf's JSON mapping writes them.
#pragma once

#include <charconv>
#include <cmath>

#include "bytes.h"

namespace streamhost::protobuf {

// Appends `text` in quotes; false, with something appended, when it is not UTF-8.
bool append_string(Bytes& to, std::string_view text);

// Appends bytes as base64, padded, in quotes.
void append_base64(Bytes& to, std::string_view bytes);

template <class Integer>
void append_integer(Bytes& to, Integer value) {
  char* const begin = to.room(24);
  to.keep(std::to_chars(begin, begin + 24, value).ptr);
}

// The shortest text that reads as the same number; "NaN", "Infinity" and "-Infinity" are strings.
template <class Float>
void append_float(Bytes& to, Float value) {
  if (!std::isfinite(value)) {
    to.append(std::isnan(value) ? "\"NaN\"" : value < 0 ? "\"-Infinity\"" : "\"Infinity\"");
    return;
  }
  char* const begin = to.room(40);
  to.keep(std::to_chars(begin, begin + 40, value).ptr);
}

}  // namespace streamhost::protobuf
