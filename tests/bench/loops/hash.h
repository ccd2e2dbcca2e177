// The hash of keys, the same function the host uses.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string_view>

namespace bench {

inline uint64_t hash_of(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }

}  // namespace bench
