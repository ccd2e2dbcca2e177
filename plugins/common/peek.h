// Reading a short text as one machine word, or a vector, whatever its length.
//
// A read of 8 or 32 bytes from the start of a shorter text takes in bytes behind it that may belong
// to nobody. As long as they lie in the same page it cannot fault, and callers ignore them. Tools
// that watch every access object all the same: under them the careful way is always taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace plugin_common {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kMayPeek = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
inline constexpr bool kMayPeek = false;
#else
inline constexpr bool kMayPeek = true;
#endif
#else
inline constexpr bool kMayPeek = true;
#endif

// Whether `count` bytes can be read from `at`, the address of at least one byte that is there.
inline bool can_peek(const void* at, size_t count) {
  constexpr size_t kSmallestPage = 4096;
  return kMayPeek &&
         (reinterpret_cast<uintptr_t>(at) & (kSmallestPage - 1)) <= kSmallestPage - count;
}

// The first 8 bytes of a text of `size` bytes, 1 to 8, as they lie in memory. Those behind `size`
// can be anything.
inline uint64_t peek_word(const char* text, size_t size) {
  uint64_t word = 0;
  if (can_peek(text, sizeof word)) [[likely]] {
#if defined(__GNUC__)
    __asm__("" : "+r"(text));  // whose bytes these are is not the compiler's to know
#endif
    std::memcpy(&word, text, sizeof word);
  } else {
    std::memcpy(&word, text, size);
  }
  return word;
}

}  // namespace plugin_common
