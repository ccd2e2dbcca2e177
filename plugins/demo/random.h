// Random numbers that depend on nothing but a seed and a place: any record can be made again.
#pragma once

#include <cstdint>

namespace streamhost::demo {

// One step of splitmix64: spreads the bits of `x`.
inline uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

// Spreads the upper half of `bits` over 0 .. `below` - 1; `below` is at least 1.
inline uint32_t scale(uint64_t bits, uint32_t below) {
  return static_cast<uint32_t>((bits >> 32) * below >> 32);
}

class Random {
 public:
  Random(uint64_t seed, uint64_t place) : state_(mix(seed) ^ mix(~place)) {}
  uint64_t bits() { return mix(state_++); }
  // 0 .. below - 1.
  uint32_t below(uint32_t limit) { return scale(bits(), limit); }
  // 0 .. 1, without 1.
  double fraction() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

 private:
  uint64_t state_;
};

}  // namespace streamhost::demo
