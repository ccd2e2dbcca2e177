// The wire format of Protobuf: tags, varints, and the bytes that numbers are laid out in.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace streamhost::protobuf {

static_assert(std::endian::native == std::endian::little, "the wire format is little-endian");

enum WireType : uint32_t {
  kVarint = 0,
  kFixed64 = 1,
  kLength = 2,
  kStartGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5
};

// Messages within messages, in either direction: as deep as libprotobuf reads them.
inline constexpr uint32_t kMaxDepth = 100;
inline constexpr uint32_t kMaxFieldNumber = (1u << 29) - 1;

// Reads a varint into `value`. Returns the place behind it; null when the bytes end before it does,
// or when it has more than ten bytes.
inline const uint8_t* read_varint(const uint8_t* p, const uint8_t* end, uint64_t* value) {
  if (p != end && *p < 0x80) [[likely]] {
    *value = *p;
    return p + 1;
  }
  uint64_t result = 0;
  for (uint32_t shift = 0; shift < 70 && p != end; shift += 7) {
    const uint64_t byte = *p++;
    result |= (byte & 0x7F) << shift;
    if (byte < 0x80) {
      *value = result;
      return p;
    }
  }
  return nullptr;
}

// Writes a varint and returns the place behind it: 1 to 10 bytes.
inline uint8_t* put_varint(uint8_t* to, uint64_t value) {
  while (value >= 0x80) {
    *to++ = static_cast<uint8_t>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<uint8_t>(value);
  return to;
}

inline uint64_t load(const uint8_t* p, size_t size) {
  uint64_t bits = 0;
  std::memcpy(&bits, p, size);
  return bits;
}

inline std::string_view text_of(const uint8_t* at, uint64_t size) {
  return {reinterpret_cast<const char*>(at), size};
}

// As a varint has it: negative ones are ten bytes long.
constexpr uint64_t bits_of(int32_t n) { return static_cast<uint64_t>(static_cast<int64_t>(n)); }

inline uint32_t zigzag32(int32_t n) {
  return (static_cast<uint32_t>(n) << 1) ^ static_cast<uint32_t>(n >> 31);
}
inline uint64_t zigzag64(int64_t n) {
  return (static_cast<uint64_t>(n) << 1) ^ static_cast<uint64_t>(n >> 63);
}
inline int32_t unzigzag32(uint32_t n) { return static_cast<int32_t>((n >> 1) ^ (~(n & 1) + 1)); }
inline int64_t unzigzag64(uint64_t n) { return static_cast<int64_t>((n >> 1) ^ (~(n & 1) + 1)); }

}  // namespace streamhost::protobuf
