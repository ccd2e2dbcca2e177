// JSON's scalars, told apart, checked and turned into what they mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "field.h"

namespace streamhost::json {

// A token that is not a string, object or array: what it is, or kMissing when it is no JSON.
Kind scalar_kind(std::string_view token);

// Writes the text that the inside of a JSON string stands for to `to`, which has room for
// `escaped.size()` bytes. Returns its length; empty when an escape is none, or half a surrogate
// pair.
std::optional<size_t> unescape(std::string_view escaped, char* to);

// A number as exactly as it can be had.
struct Number {
  enum class Form : uint8_t { kSigned, kUnsigned, kFloating };
  Form form = Form::kSigned;
  int64_t integer = 0;
  uint64_t natural = 0;  // kUnsigned: beyond int64_t
  double floating = 0;
};
// `token`: a JSON number. Integers beyond 64 bits become floating.
Number parse_number(std::string_view token);
// Below 0, 0 or above 0, by value, whatever the forms.
int compare(const Number& a, const Number& b);

}  // namespace streamhost::json
