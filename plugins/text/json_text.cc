#include "json_text.h"

#include <cstdint>

namespace streamhost::text {
namespace {

uint8_t byte_at(std::string_view text, size_t i) {
  return i < text.size() ? static_cast<uint8_t>(text[i]) : 0;
}

// The length of the well-formed UTF-8 sequence that begins with the non-ASCII byte at `i`; 0 when
// there is none (truncated, overlong, a surrogate, beyond U+10FFFF).
size_t sequence_length(std::string_view text, size_t i) {
  const uint8_t first = byte_at(text, i), second = byte_at(text, i + 1);
  const auto follows = [&](size_t k) { return (byte_at(text, i + k) & 0xc0) == 0x80; };
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (first == 0xe0 && second < 0xa0) return 0;
    if (first == 0xed && second > 0x9f) return 0;
    return follows(1) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (first == 0xf0 && second < 0x90) return 0;
    if (first == 0xf4 && second > 0x8f) return 0;
    return follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

void append_escaped(std::string& to, uint8_t b) {
  switch (b) {
    case '"': to += "\\\""; break;
    case '\\': to += "\\\\"; break;
    case '\n': to += "\\n"; break;
    case '\r': to += "\\r"; break;
    case '\t': to += "\\t"; break;
    default:
      to += "\\u00";
      to += "0123456789abcdef"[b >> 4];
      to += "0123456789abcdef"[b & 15];
  }
}

}  // namespace

void append_json_string(std::string& to, std::string_view text) {
  to += '"';
  size_t plain = 0;  // begin of what can be copied as it is
  for (size_t i = 0; i < text.size();) {
    const auto b = static_cast<uint8_t>(text[i]);
    if (b < 0x80 && b >= 0x20 && b != '"' && b != '\\') {
      ++i;
      continue;
    }
    const size_t length = b >= 0x80 ? sequence_length(text, i) : 0;
    if (length != 0) {
      i += length;
      continue;
    }
    to += text.substr(plain, i - plain);
    if (b >= 0x80) {
      to += "\xef\xbf\xbd";
    } else {
      append_escaped(to, b);
    }
    plain = ++i;
  }
  to += text.substr(plain);
  to += '"';
}

}  // namespace streamhost::text
