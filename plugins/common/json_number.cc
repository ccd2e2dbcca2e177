#include "json_number.h"

namespace plugin_common {

bool is_long_json_number(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const auto is = [&](char c) { return p != end && *p == c; };
  const auto digits = [&] {
    const char* const first = p;
    while (p != end && *p >= '0' && *p <= '9') ++p;
    return p != first;
  };
  if (is('-')) ++p;
  if (is('0')) {
    ++p;
  } else if (!digits()) {
    return false;
  }
  if (is('.')) {
    ++p;
    if (!digits()) return false;
  }
  if (is('e') || is('E')) {
    ++p;
    if (is('+') || is('-')) ++p;
    if (!digits()) return false;
  }
  return p == end;
}

}  // namespace plugin_common
