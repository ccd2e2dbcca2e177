// Arbitrary bytes as frames from another process: header, checksum, compressed bodies. The checksum
// is looked at but not obeyed, so that what is behind it is reached.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/frame.h"

namespace {

using namespace streamhost::cluster;
using streamhost::ArenaPool;
using streamhost::ClusterSettings;
using streamhost::Result;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string_view text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// What was sent as it should be comes back as it was.
void send_and_receive(ArenaPool& pool, const FrameHeader& like, std::span<const uint8_t> body,
                      ClusterSettings::Compression compression) {
  const auto size = static_cast<uint32_t>(body.size());
  streamhost::ArenaRef chunk = frame_chunk(pool, size);
  require(static_cast<bool>(chunk));
  if (size != 0) std::memcpy(body_of(chunk.get()), body.data(), size);
  const Frame frame = finish(pool, std::move(chunk), like.type, like.tag, size, compression);
  require(frame.size <= kHeaderSize + size);
  const Result<FrameHeader> header = read_header(frame.bytes().first<kHeaderSize>(), kMaxBody);
  require(header.is_ok() && header->type == like.type && header->tag == like.tag);
  Received received{*header, frame.bytes().subspan(kHeaderSize), {}};
  require(checks(received.header, received.body));
  require(unpack(received, pool).is_ok());
  require(text_of(received.body) == text_of(body));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ArenaPool pool(1 << 20);
  std::span<const uint8_t> wire(data, size);
  while (wire.size() >= kHeaderSize) {
    const Result<FrameHeader> header = read_header(wire.first<kHeaderSize>(), kMaxStrangersBody);
    wire = wire.subspan(kHeaderSize);
    if (!header) {
      require(!header.status().message().empty());
      return 0;
    }
    require(header->size <= kMaxStrangersBody);
    const size_t have = std::min<size_t>(wire.size(), header->size);
    // A copy with nothing around it, so that a sanitizer sees the first byte too many.
    const std::vector<uint8_t> body(wire.begin(), wire.begin() + static_cast<ptrdiff_t>(have));
    wire = wire.subspan(have);
    require(have == header->size || !checks(*header, body));

    Received received{*header, body, {}};
    if (unpack(received, pool).is_ok()) {
      require(received.header.flags == 0 && received.body.size() <= kMaxBody);
      for (const auto compression :
           {ClusterSettings::Compression::kNone, ClusterSettings::Compression::kLz4,
            ClusterSettings::Compression::kZstd}) {
        send_and_receive(pool, *header, received.body, compression);
      }
    } else {
      require(received.header.flags != 0 && !received.arena);
    }
  }
  return 0;
}
