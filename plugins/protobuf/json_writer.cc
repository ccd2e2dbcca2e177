#include "json_writer.h"

#include "common/utf8.h"

namespace streamhost::protobuf {
namespace {

// Whether one of 8 bytes is no plain character of a JSON string: a control, a quote, a backslash,
// or not ASCII. The usual arithmetic on all bytes of a word at once.
bool has_special(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const uint64_t quote = word ^ (kOnes * '"'), backslash = word ^ (kOnes * '\\');
  return (((word - kOnes * 0x20) | (quote - kOnes) | (backslash - kOnes) | word) & kHigh) != 0;
}

char* put_escape(char* to, uint8_t byte) {
  *to++ = '\\';
  switch (byte) {
    case '"':
    case '\\': *to++ = static_cast<char>(byte); return to;
    case '\b': *to++ = 'b'; return to;
    case '\f': *to++ = 'f'; return to;
    case '\n': *to++ = 'n'; return to;
    case '\r': *to++ = 'r'; return to;
    case '\t': *to++ = 't'; return to;
    default: break;
  }
  std::memcpy(to, "u00", 3);
  to[3] = "0123456789abcdef"[byte >> 4];
  to[4] = "0123456789abcdef"[byte & 15];
  return to + 5;
}

}  // namespace

bool append_string(Bytes& to, std::string_view text) {
  // In pieces, so that the room for the worst case, six times the text, stays small.
  constexpr size_t kPiece = 4096;
  to.put('"');
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p != end) {
    const char* const stop = end - p > static_cast<ptrdiff_t>(kPiece) ? p + kPiece : end;
    char* at = to.room(6 * static_cast<size_t>(stop - p) + 16);
    while (p < stop) {
      if (end - p >= 8) {
        uint64_t word = 0;
        std::memcpy(&word, p, 8);
        if (!has_special(word)) {
          std::memcpy(at, p, 8);
          at += 8;
          p += 8;
          continue;
        }
      }
      const auto byte = static_cast<uint8_t>(*p);
      if (byte >= 0x80) {
        const size_t length =
            plugin_common::utf8_length({p, std::min<size_t>(4, static_cast<size_t>(end - p))});
        if (length == 0) return false;
        std::memcpy(at, p, length);
        at += length;
        p += length;
      } else if (byte < 0x20 || byte == '"' || byte == '\\') {
        at = put_escape(at, byte);
        ++p;
      } else {
        *at++ = *p++;
      }
    }
    to.keep(at);
  }
  to.put('"');
  return true;
}

void append_base64(Bytes& to, std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char* at = to.room(bytes.size() / 3 * 4 + 6);
  *at++ = '"';
  const auto* p = reinterpret_cast<const uint8_t*>(bytes.data());
  size_t left = bytes.size();
  for (; left >= 3; left -= 3, p += 3) {
    const uint32_t three = uint32_t{p[0]} << 16 | uint32_t{p[1]} << 8 | p[2];
    *at++ = kDigits[three >> 18];
    *at++ = kDigits[three >> 12 & 63];
    *at++ = kDigits[three >> 6 & 63];
    *at++ = kDigits[three & 63];
  }
  if (left != 0) {
    const uint32_t rest = uint32_t{p[0]} << 16 | (left == 2 ? uint32_t{p[1]} << 8 : 0);
    *at++ = kDigits[rest >> 18];
    *at++ = kDigits[rest >> 12 & 63];
    *at++ = left == 2 ? kDigits[rest >> 6 & 63] : '=';
    *at++ = '=';
  }
  *at++ = '"';
  to.keep(at);
}

}  // namespace streamhost::protobuf
