#include "cluster/crc32c.h"

#include <isa-l/crc.h>

namespace streamhost::cluster {

uint32_t crc32c(uint32_t before, std::span<const uint8_t> bytes) {
  // The library leaves it to the caller to turn all bits around, before and after. It only reads,
  // though its declaration does not say so.
  return ~crc32_iscsi(const_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()),
                      ~before);
}

}  // namespace streamhost::cluster
