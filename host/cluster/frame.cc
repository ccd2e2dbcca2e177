#include "cluster/frame.h"

#include <bit>
#include <cstring>
#include <string>
#include <utility>

#include "cluster/crc32c.h"
#include "cluster/packing.h"

namespace streamhost::cluster {
namespace {

using Compression = ClusterSettings::Compression;

// Where the parts of a header lie.
constexpr size_t kCrcAt = 4;
constexpr size_t kTypeAt = 8;
constexpr size_t kFlagsAt = 9;
constexpr size_t kZeroAt = 10;
constexpr size_t kTagAt = 12;
// In front of a packed body: the size that it unpacks to.
constexpr uint32_t kSizeWord = 4;
// Less than this is not worth the trouble.
constexpr uint32_t kLeastToPack = 256;

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie here");

void write_u32(uint8_t* to, uint32_t number) { std::memcpy(to, &number, sizeof number); }
uint32_t read_u32(const uint8_t* from) {
  uint32_t number = 0;
  std::memcpy(&number, from, sizeof number);
  return number;
}

bool is_known(uint8_t type) {
  switch (static_cast<FrameType>(type)) {
    case FrameType::kGreeting:
    case FrameType::kProof:
    case FrameType::kHello:
    case FrameType::kRefusal:
    case FrameType::kHeartbeat:
    case FrameType::kGather:
    case FrameType::kBye:
    case FrameType::kBlock:
    case FrameType::kCredit:
    case FrameType::kEpoch:
    case FrameType::kRows:
    case FrameType::kStates:
    case FrameType::kStatesCredit:
    case FrameType::kTime:
    case FrameType::kDrain:
    case FrameType::kRowsCredit: return true;
  }
  return false;
}

bool are_good(uint8_t flags, uint8_t type) {
  if (flags == 0) return true;
  return type >= kFirstOfJob && (flags == frame_flags::kLz4 || flags == frame_flags::kZstd);
}

// Everything of a header but its checksum.
void write_header(uint8_t* to, uint32_t size, uint8_t type, uint8_t flags, uint32_t tag) {
  write_u32(to, size);
  to[kTypeAt] = type;
  to[kFlagsAt] = flags;
  to[kZeroAt] = to[kZeroAt + 1] = 0;
  write_u32(to + kTagAt, tag);
}

// The checksum of a header, without the place for it, and of the body that follows it.
uint32_t checksum(const uint8_t* header, std::span<const uint8_t> body) {
  uint32_t crc = crc32c(0, {header, kCrcAt});
  crc = crc32c(crc, {header + kTypeAt, kHeaderSize - kTypeAt});
  return crc32c(crc, body);
}

Status impossible(std::string what) {
  return Status::failed("what has come is not a frame: " + std::move(what));
}

// A chunk with a packed copy of the body, and the size of that; none when packing does not pay.
std::pair<ArenaRef, uint32_t> packed(ArenaPool& pool, std::span<const uint8_t> body,
                                     Compression with) {
  const size_t most = body.size() - body.size() / 8 - kSizeWord;
  ArenaRef chunk = frame_chunk(pool, static_cast<uint32_t>(most + kSizeWord));
  if (!chunk) return {};
  uint8_t* const to = body_of(chunk.get());
  const size_t size = pack(with, body, {to + kSizeWord, most});
  if (size == 0) return {};
  write_u32(to, static_cast<uint32_t>(body.size()));
  return {std::move(chunk), static_cast<uint32_t>(size + kSizeWord)};
}

}  // namespace

Result<FrameHeader> read_header(std::span<const uint8_t, kHeaderSize> bytes, uint32_t max_body) {
  FrameHeader header;
  header.size = read_u32(bytes.data());
  header.crc = read_u32(&bytes[kCrcAt]);
  header.type = static_cast<FrameType>(bytes[kTypeAt]);
  header.flags = bytes[kFlagsAt];
  header.tag = read_u32(&bytes[kTagAt]);
  if (!is_known(bytes[kTypeAt])) {
    return impossible("there is no type " + std::to_string(bytes[kTypeAt]));
  }
  if (!are_good(header.flags, bytes[kTypeAt]) || bytes[kZeroAt] != 0 || bytes[kZeroAt + 1] != 0) {
    return impossible("its flags are none");
  }
  if (header.size > max_body) {
    return impossible("it claims " + std::to_string(header.size) + " bytes, and " +
                      std::to_string(max_body) + " are the most");
  }
  return header;
}

bool checks(const FrameHeader& header, std::span<const uint8_t> body) {
  if (body.size() != header.size) return false;
  uint8_t bytes[kHeaderSize];
  write_header(bytes, header.size, static_cast<uint8_t>(header.type), header.flags, header.tag);
  return checksum(bytes, body) == header.crc;
}

Frame make_frame(ArenaPool& pool, FrameType type, uint32_t tag, std::string_view body) {
  const auto size = static_cast<uint32_t>(body.size());
  ArenaRef chunk = frame_chunk(pool, size);
  if (!chunk) return {};
  if (size != 0) std::memcpy(body_of(chunk.get()), body.data(), size);
  return finish(pool, std::move(chunk), type, tag, size, Compression::kNone);
}

std::string frame_text(FrameType type, uint32_t tag, std::string_view body) {
  uint8_t header[kHeaderSize];
  write_header(header, static_cast<uint32_t>(body.size()), static_cast<uint8_t>(type), 0, tag);
  write_u32(header + kCrcAt,
            checksum(header, {reinterpret_cast<const uint8_t*>(body.data()), body.size()}));
  std::string text(reinterpret_cast<const char*>(header), kHeaderSize);
  text += body;
  return text;
}

ArenaRef frame_chunk(ArenaPool& pool, uint32_t body_size) {
  return ArenaRef::adopt(pool.chunk(kHeaderSize + size_t{body_size}));
}

Frame finish(ArenaPool& pool, ArenaRef chunk, FrameType type, uint32_t tag, uint32_t body_size,
             Compression compression) {
  if (!chunk) return {};
  uint8_t flags = 0;
  if (compression != Compression::kNone && body_size >= kLeastToPack &&
      static_cast<uint8_t>(type) >= kFirstOfJob) {
    auto [smaller, size] = packed(pool, {body_of(chunk.get()), body_size}, compression);
    if (smaller) {
      flags = compression == Compression::kLz4 ? frame_flags::kLz4 : frame_flags::kZstd;
      chunk = std::move(smaller);
      body_size = size;
    }
  }
  uint8_t* const header = ArenaPool::bytes(chunk.get());
  write_header(header, body_size, static_cast<uint8_t>(type), flags, tag);
  write_u32(header + kCrcAt, checksum(header, {body_of(chunk.get()), body_size}));
  return {std::move(chunk), static_cast<uint32_t>(kHeaderSize) + body_size};
}

Status unpack(Received& frame, ArenaPool& pool) {
  constexpr uint8_t kPacked = frame_flags::kLz4 | frame_flags::kZstd;
  if ((frame.header.flags & kPacked) == 0) return Status::ok();
  const Compression with =
      (frame.header.flags & frame_flags::kLz4) != 0 ? Compression::kLz4 : Compression::kZstd;
  if (frame.body.size() <= kSizeWord) return impossible("its packed body is empty");
  const uint32_t size = read_u32(frame.body.data());
  const std::span<const uint8_t> bytes = frame.body.subspan(kSizeWord);
  if (size == 0 || size > kMaxBody || !can_unpack(with, bytes, size)) {
    return impossible("its packed body cannot become " + std::to_string(size) + " bytes");
  }
  ArenaRef chunk = ArenaRef::adopt(pool.chunk(size));
  if (!chunk) {
    return Status::failed("there is no memory for the " + std::to_string(size) +
                          " bytes of a packed frame");
  }
  const std::span<uint8_t> to(ArenaPool::bytes(chunk.get()), size);
  if (!unpack(with, bytes, to)) return impossible("its packed body is damaged");
  frame.body = to;
  frame.arena = std::move(chunk);
  frame.header.flags &= static_cast<uint8_t>(~kPacked);
  return Status::ok();
}

}  // namespace streamhost::cluster
