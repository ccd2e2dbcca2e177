// The checksum of frames: CRC32C (Castagnoli), as in iSCSI and ext4.
#pragma once

#include <cstdint>
#include <span>

namespace streamhost::cluster {

// The checksum of `bytes` (less than 2 GiB) behind others whose checksum is `before`; 0 for none.
uint32_t crc32c(uint32_t before, std::span<const uint8_t> bytes);

}  // namespace streamhost::cluster
