// The first place of a byte in a short text.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "common/peek.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace streamhost::text {

// The offset of the first byte `wanted` in a text that is not empty, or `size` when there is none.
// Costs the same wherever it is in the first 32 bytes, and no branch that depends on the place.
inline size_t find_byte(const uint8_t* text, size_t size, uint8_t wanted) {
  size_t at = 0;
#if defined(__SSE2__)
  constexpr size_t kLook = 32;
  if (plugin_common::can_peek(text, kLook)) [[likely]] {
    const __m128i all_wanted = _mm_set1_epi8(static_cast<char>(wanted));
    const auto hits = [&](size_t offset) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + offset));
      return static_cast<uint64_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, all_wanted)));
    };
    constexpr uint64_t kStop = uint64_t{1} << kLook;
    at = static_cast<size_t>(std::countr_zero(hits(0) | hits(16) << 16 | kStop));
    if (at < kLook || size <= kLook) return at < size ? at : size;
  }
#endif
  const void* const hit = std::memchr(text + at, wanted, size - at);
  return hit == nullptr ? size : static_cast<size_t>(static_cast<const uint8_t*>(hit) - text);
}

}  // namespace streamhost::text
