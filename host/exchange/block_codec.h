// Blocks as bytes, for the way to another process: written in one pass over the records, and read
// in place. The records of a block that has come point into the bytes that have come.
//
//   block   = head lengths [hashes] [times] [counts sizes] payload
//   head    = u32 from, u32 to      workers
//             u32 port, u32 count
//             u8 kind, u8 columns, u8 drained, u8 zero, u32 headers of all records together
//             u64 epoch, i64 watermark
//   lengths = count x { u32 key, u32 value }         0xFFFFFFFF: absent
//   hashes  = count x u64          with kHashes: key hashes, 0 for those that are not known
//   times   = count x i64          with kTimes: event times
//   counts  = count x u32          with kHeaders: how many headers each record has
//   sizes   = headers x { u32 name, u32 value }
//   payload = for each record: key, value (not with kSame: the value is the key), then name and
//             value of each header
//
// Numbers are little-endian. The channel is the frame's tag.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/arena.h"
#include "base/status.h"
#include "exchange/block.h"

namespace streamhost {

struct BlockRoute {
  uint32_t from = 0, to = 0;  // workers
};

// What a block will be as bytes, found in one pass over its records.
struct BlockLayout {
  uint64_t size = 0;  // bytes that encode_block() writes; may be more than fit a frame
  uint64_t headers = 0;
  uint8_t columns = 0;
};
BlockLayout layout_of(const Block& block);
// Writes the block, of which `layout` is that, to `to`, which has room for its size.
void encode_block(const Block& block, const BlockLayout& layout, BlockRoute route, uint8_t* to);

// Reads where a block wants to go, and which; kFailed when there is no head.
Result<BlockRoute> read_route(std::span<const uint8_t> bytes);
// Fills an empty `block`; its records point into `bytes`, which lie in `arena` (a reference to it
// is taken), and their headers into a chunk of `pool`. kFailed when the bytes are no block of at
// most `most` records; every offset is checked against what has come, not against what is claimed.
Status decode_block(std::span<const uint8_t> bytes, sh_arena* arena, uint32_t most, ArenaPool& pool,
                    Block& block);

}  // namespace streamhost
