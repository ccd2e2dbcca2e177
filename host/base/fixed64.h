// A number as 8 bytes, lowest first: in what the engine stores.
#pragma once

#include <cstdint>
#include <string>

namespace streamhost {

inline void append_fixed64(std::string& to, uint64_t number) {
  for (int i = 0; i < 8; ++i) to += static_cast<char>(number >> (8 * i) & 0xff);
}

// `from`: 8 bytes.
inline uint64_t read_fixed64(const char* from) {
  uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number |= uint64_t{static_cast<uint8_t>(from[i])} << (8 * i);
  return number;
}

}  // namespace streamhost
