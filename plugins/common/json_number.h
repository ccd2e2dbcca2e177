// Numbers by the grammar of RFC 8259.
#pragma once

#include <string_view>

#include "short_decimal.h"

namespace plugin_common {

// What is_json_number() does with a text that is not short and plain.
bool is_long_json_number(std::string_view text);

// True when the whole text is one number of JSON.
inline bool is_json_number(std::string_view text) {
  ShortDecimal number;
  if (read_short_decimal(text, &number)) return !number.leading_zero;
  return is_long_json_number(text);
}

}  // namespace plugin_common
