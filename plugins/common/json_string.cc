#include "json_string.h"

#include <cstdint>

#include "utf8.h"

namespace plugin_common {
namespace {

void append_escaped(std::string& to, uint8_t byte) {
  switch (byte) {
    case '"': to += "\\\""; break;
    case '\\': to += "\\\\"; break;
    case '\n': to += "\\n"; break;
    case '\r': to += "\\r"; break;
    case '\t': to += "\\t"; break;
    default:
      to += "\\u00";
      to += "0123456789abcdef"[byte >> 4];
      to += "0123456789abcdef"[byte & 15];
  }
}

}  // namespace

void append_json_string(std::string& to, std::string_view text) {
  to += '"';
  size_t plain = 0;  // begin of what can be copied as it is
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<uint8_t>(text[at]);
    if (byte < 0x80 && byte >= 0x20 && byte != '"' && byte != '\\') {
      ++at;
      continue;
    }
    const size_t length = byte >= 0x80 ? utf8_length(text.substr(at)) : 0;
    if (length != 0) {
      at += length;
      continue;
    }
    to += text.substr(plain, at - plain);
    if (byte >= 0x80) {
      to += "\xEF\xBF\xBD";
    } else {
      append_escaped(to, byte);
    }
    plain = ++at;
  }
  to += text.substr(plain);
  to += '"';
}

}  // namespace plugin_common
