// The hash of a key: deals keys to workers, and finds them in tables. XXH3 (Collet), 64 bits.
// Stored nowhere and sent to no other version, so it may change between releases: the recovery store
// hashes for itself.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstddef>
#include <cstdint>

namespace streamhost {

// Never 0, which stands for "not computed" in sh_record.key_hash.
inline uint64_t key_hash(const uint8_t* key, size_t length) {
  const uint64_t hash = XXH3_64bits(key, length);
  return hash != 0 ? hash : 1;
}

// The worker that owns a key. Uses the high bits: tables index with the low ones, and sharing them
// would leave every table with a fraction of its buckets.
inline uint32_t owner_of(uint64_t hash, uint32_t workers) {
  return static_cast<uint32_t>(((hash >> 32) * workers) >> 32);
}

}  // namespace streamhost
