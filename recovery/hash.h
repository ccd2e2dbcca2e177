// Where rows go and what proves them whole: all of it XXH3 with 64 bits.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <string_view>

namespace streamhost::recovery {

// Rows of a step are stored in the order of (hash_of(key), key).
inline uint64_t hash_of(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

// How a step is known in the files: a number made of its name.
inline int64_t step_number(std::string_view id) { return static_cast<int64_t>(hash_of(id)); }

// The file, of `count`, that holds a key of a step.
inline uint32_t file_of(int64_t step, uint64_t key_hash, uint32_t count) {
  const uint64_t mixed = (key_hash ^ static_cast<uint64_t>(step)) * 0x9E3779B97F4A7C15u;
  return static_cast<uint32_t>(((mixed >> 32) * count) >> 32);
}

// What proves a chunk: its bytes at its place, so that exchanged chunks are noticed, too.
inline int64_t chunk_check(int64_t id, std::string_view data) {
  return static_cast<int64_t>(
      XXH3_64bits_withSeed(data.data(), data.size(), static_cast<XXH64_hash_t>(id)));
}

}  // namespace streamhost::recovery
