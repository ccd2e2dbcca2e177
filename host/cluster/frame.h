// What goes over a connection between two processes: frames.
//
//   frame  = header body
//   header = u32 size of the body
//            u32 CRC32C of everything else: size, type, flags, zero, tag, body
//            u8  type (FrameType)
//            u8  flags (FrameFlags)
//            u16 zero
//            u32 tag, whose meaning is the type's own
//
// Numbers are little-endian. A frame with flag kLz4 or kZstd, which only a frame of the job may
// have, has a compressed body: the u32 size of what it unpacks to, then the packed bytes. The
// checksum is that of the bytes on the wire.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/status.h"
#include "manifest/settings.h"

namespace streamhost::cluster {

enum class FrameType : uint8_t {
  // Between strangers: see handshake.h.
  kGreeting = 1,
  kProof = 2,
  kHello = 3,
  kRefusal = 4,
  // Between members: see members.h.
  kHeartbeat = 16,
  kGather = 17,
  kBye = 18,
  // The job's own: whoever runs it says what is in them.
  kBlock = 32,   // records and marks for a worker
  kCredit = 33,  // room for more blocks
  kEpoch = 34,   // how far a process has come with an epoch
  kRows = 35,    // rows of a snapshot for the process that keeps their recovery partition
  kStates = 36,  // rows of the snapshot to resume with, for the process that has their keys
  kStatesCredit = 37,
  kTime = 38,        // how far the sources of a process are in event time
  kDrain = 39,       // the job is to end
  kRowsCredit = 40,  // rows of a snapshot have been taken in
};
// The first type that is handed to whoever runs the job.
constexpr uint8_t kFirstOfJob = 32;

namespace frame_flags {
constexpr uint8_t kLz4 = 1;
constexpr uint8_t kZstd = 2;
}  // namespace frame_flags

constexpr size_t kHeaderSize = 16;
// Nothing larger is sent, or taken from a member. What a record can be is bounded by it.
constexpr uint32_t kMaxBody = uint32_t{1} << 30;
// Nothing larger is taken from somebody who has not proved who it is.
constexpr uint32_t kMaxStrangersBody = 64 << 10;

struct FrameHeader {
  uint32_t size = 0;  // of the body as it is on the wire
  uint32_t crc = 0;
  FrameType type = FrameType::kHeartbeat;
  uint8_t flags = 0;
  uint32_t tag = 0;
};

// Reads a header; kFailed when it cannot be one: unknown type or flags, compression where there is
// none, a size beyond `max_body`. The type's being in its place (a job's frame before the handshake
// is over) is for the caller.
Result<FrameHeader> read_header(std::span<const uint8_t, kHeaderSize> bytes, uint32_t max_body);
// Whether the checksum is that of the header and this body.
bool checks(const FrameHeader& header, std::span<const uint8_t> body);

// A frame ready to be sent: header and body lie together at the begin of a chunk (see ArenaPool).
struct Frame {
  ArenaRef chunk;
  uint32_t size = 0;  // of both

  std::span<const uint8_t> bytes() const { return {ArenaPool::bytes(chunk.get()), size}; }
};

// A frame with a copy of `body`, at most kMaxBody; no chunk when memory is out.
Frame make_frame(ArenaPool& pool, FrameType type, uint32_t tag, std::string_view body);

// The same as text, for the few frames that are sent before anything is at stake. `body` has at
// most kMaxStrangersBody bytes. [any thread]
std::string frame_text(FrameType type, uint32_t tag, std::string_view body);

// For bodies that are written in place: a chunk with room for the header and `body_size` bytes, of
// which body_of() is the second part; then finish(), which writes the header. `body_size` is at
// most what the chunk was made for. Compresses frames of the job where that makes the body smaller
// by at least an eighth, into another chunk. No chunk when memory is out. [any thread]
ArenaRef frame_chunk(ArenaPool& pool, uint32_t body_size);
inline uint8_t* body_of(sh_arena* chunk) { return ArenaPool::bytes(chunk) + kHeaderSize; }
Frame finish(ArenaPool& pool, ArenaRef chunk, FrameType type, uint32_t tag, uint32_t body_size,
             ClusterSettings::Compression compression);

// A frame that has come, checked. `body` lies in `arena`, or, when that is empty, is only valid
// until the handler returns.
struct Received {
  FrameHeader header;
  std::span<const uint8_t> body;
  ArenaRef arena;
};

// Unpacks a compressed body into a chunk of `pool`, and clears the flag; leaves others alone. The
// header's size stays that on the wire. kFailed when it does not unpack to what it claims, or
// claims more than kMaxBody; no more is allocated than so many packed bytes can stand for. [any
// thread]
Status unpack(Received& frame, ArenaPool& pool);

}  // namespace streamhost::cluster
