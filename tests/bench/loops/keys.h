// The records of the keyed cases, made as `demo.sequence` makes them and with its own digits: the
// key of record i is "k" and seven digits of splitmix64(i) modulo the number of keys.
#pragma once

#include <digits.h>

#include <cstdint>

namespace bench {

inline constexpr uint64_t kKeyLength = 8;

// A well-mixed number from a counter.
inline uint64_t splitmix64(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Writes 'k' and the seven digits of `number` (below 10 million) to `to`.
inline void write_key(uint64_t number, char* to) {
  streamhost::demo::write_eight_digits(static_cast<uint32_t>(number), to);
  to[0] = 'k';
}

}  // namespace bench
