// Compression of bodies: LZ4 and Zstd behind one face.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "manifest/settings.h"

namespace streamhost::cluster {

// Packs `from` into `to`, and returns how much of it that took; 0 when it does not fit, memory is
// out, or `with` is kNone. `from` has at most kMaxBody bytes. [any thread]
size_t pack(ClusterSettings::Compression with, std::span<const uint8_t> from,
            std::span<uint8_t> to);

// Whether `packed` could stand for `size` bytes: to be asked before memory is allocated for them.
bool can_unpack(ClusterSettings::Compression with, std::span<const uint8_t> packed, size_t size);

// Unpacks `packed`, from whomever, into `to`; false when it does not come to exactly that size.
// [any thread]
bool unpack(ClusterSettings::Compression with, std::span<const uint8_t> packed,
            std::span<uint8_t> to);

}  // namespace streamhost::cluster
