// Finds the words of a text.
//
// Works through the text in chunks. For each it first lists the offsets where words begin and end,
// taking 64 bytes at a time and no branch that depends on them; only then are the words handed on,
// in one long loop. See word_mask.h for what a word is.
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>

#include "word_mask.h"

namespace streamhost::text {

class WordFinder {
 public:
  // Calls `words(bounds, count)` for lots of words, in order: word i is the bytes from
  // bounds[2 * i] up to, not including, bounds[2 * i + 1] of the text. Reads no byte beyond `size`.
  // With Lower, writes the whole text in lower case to `lowered`, which must have room for
  // `size` + kSlack bytes; what lies behind `size` is then undefined.
  template <bool Lower, class Words>
  void find(const uint8_t* text, size_t size, uint8_t* lowered, Words&& words) {
    size_t bounds = 0;
    uint64_t in_word = 0;  // 1 when the byte before belongs to a word
    for (size_t at = 0; at < size;) {
      const size_t chunk_end = size - at > kChunk ? at + kChunk : size;
      for (; at + 64 <= chunk_end; at += 64) {
        const uint64_t mask = word_mask<Lower>(text + at, Lower ? lowered + at : nullptr);
        bounds = list(mask, in_word, at, bounds);
        in_word = mask >> 63;
      }
      if (at < chunk_end) {
        alignas(16) uint8_t rest[64] = {};
        std::memcpy(rest, text + at, chunk_end - at);
        const uint64_t mask = word_mask<Lower>(rest, Lower ? lowered + at : nullptr);
        bounds = list(mask, in_word, at, bounds);
        in_word = 0;
        at = chunk_end;
      }
      if (at == size && in_word != 0) bounds_[bounds++] = static_cast<uint32_t>(size);
      words(bounds_, bounds / 2);
      bounds_[0] = bounds_[bounds & ~size_t{1}];  // the begin of a word that goes on, if any
      bounds &= 1;
    }
  }

  static constexpr size_t kSlack = 64;

 private:
  static constexpr size_t kChunk = 2048;

  // Appends the offset of every change from outside to inside of a word and back.
  size_t list(uint64_t mask, uint64_t in_word, size_t at, size_t bounds) {
    uint64_t changes = mask ^ (mask << 1 | in_word);
    const auto count = static_cast<size_t>(std::popcount(changes));
    uint32_t* to = bounds_ + bounds;
    const auto base = static_cast<uint32_t>(at);
    // Text has 15 to 30 changes in 64 bytes: two lots of 16, more than needed, cost less than a
    // loop whose end nobody can predict.
    if (count != 0) {
      write16(changes, base, to);
      if (count > 16) write16(changes, base, to + 16);
      if (count > 32) {
        write16(changes, base, to + 32);
        write16(changes, base, to + 48);
      }
    }
    return bounds + count;
  }
  static void write16(uint64_t& changes, uint32_t base, uint32_t* to) {
    // The highest bit, always set, spares the check for zero that countr_zero has on x86-64-v2; it
    // changes the results only of those that are too many.
    constexpr uint64_t kNeverZero = uint64_t{1} << 63;
    for (unsigned i = 0; i < 16; ++i) {
      to[i] = base + static_cast<uint32_t>(std::countr_zero(changes | kNeverZero));
      changes &= changes - 1;
    }
  }

  uint32_t bounds_[1 + kChunk + 1 + 64];
};

}  // namespace streamhost::text
