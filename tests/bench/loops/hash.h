// The hash of keys, the same function the host uses.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string_view>

namespace bench {

inline uint64_t hash_of(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }

// Of a row of a result; rows are compared by the sum of it when their order does not count.
inline uint64_t hash_of_row(std::string_view key, std::string_view value) {
  return XXH3_64bits_withSeed(value.data(), value.size(), hash_of(key));
}

}  // namespace bench
