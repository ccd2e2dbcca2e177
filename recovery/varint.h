// Unsigned numbers in as few bytes as they need: seven bits a byte, lowest first, the top bit set
// in all bytes but the last (LEB128).
#pragma once

#include <cstddef>
#include <cstdint>

namespace streamhost::recovery {

inline constexpr size_t kMaxVarint = 10;

// Writes `value` to `out`, which has room for kMaxVarint bytes; the first byte behind it.
inline char* put_varint(char* out, uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

// Reads a number; the first byte behind it, or null when the bytes up to `end` hold none.
inline const char* get_varint(const char* in, const char* end, uint64_t& value) {
  if (in != end && static_cast<unsigned char>(*in) < 0x80) {
    value = static_cast<unsigned char>(*in);
    return in + 1;
  }
  uint64_t result = 0;
  for (unsigned shift = 0; shift < 64 && in != end; shift += 7) {
    const auto byte = static_cast<unsigned char>(*in++);
    result |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) {
      value = result;
      return in;
    }
  }
  return nullptr;
}

}  // namespace streamhost::recovery
