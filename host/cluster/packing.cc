#include "cluster/packing.h"

#include <lz4.h>
#include <zstd.h>

#include <memory>

namespace streamhost::cluster {
namespace {

using Compression = ClusterSettings::Compression;

// Between machines time is dearer than bytes: the fastest level that still finds most.
constexpr int kZstdLevel = 1;
// The longest match that a byte of LZ4 adds to, and what a block of Zstd has at most and at least.
constexpr size_t kLz4MostPerByte = 255;
constexpr size_t kZstdMostPerBlock = 128 << 10;
constexpr size_t kZstdLeastBlock = 4;

// Zstd's working memory, about a megabyte that is expensive to set up. One per thread, kept as long
// as the thread: nothing of one body is left in it for the next.
ZSTD_CCtx* packer() {
  thread_local const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                                  &ZSTD_freeCCtx);
  return context.get();
}
ZSTD_DCtx* unpacker() {
  thread_local const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                                  &ZSTD_freeDCtx);
  return context.get();
}

const char* chars(const uint8_t* bytes) { return reinterpret_cast<const char*>(bytes); }

}  // namespace

size_t pack(Compression with, std::span<const uint8_t> from, std::span<uint8_t> to) {
  switch (with) {
    case Compression::kNone: return 0;
    case Compression::kLz4: {
      const int size =
          LZ4_compress_default(chars(from.data()), reinterpret_cast<char*>(to.data()),
                               static_cast<int>(from.size()), static_cast<int>(to.size()));
      return size > 0 ? static_cast<size_t>(size) : 0;
    }
    case Compression::kZstd: {
      ZSTD_CCtx* const context = packer();
      if (context == nullptr) return 0;
      const size_t size =
          ZSTD_compressCCtx(context, to.data(), to.size(), from.data(), from.size(), kZstdLevel);
      return ZSTD_isError(size) == 0 ? size : 0;
    }
  }
  return 0;
}

bool can_unpack(Compression with, std::span<const uint8_t> packed, size_t size) {
  switch (with) {
    case Compression::kNone: return false;
    case Compression::kLz4: return size / kLz4MostPerByte <= packed.size();
    case Compression::kZstd:
      return ZSTD_getFrameContentSize(packed.data(), packed.size()) == size &&
             size / kZstdMostPerBlock <= packed.size() / kZstdLeastBlock;
  }
  return false;
}

bool unpack(Compression with, std::span<const uint8_t> packed, std::span<uint8_t> to) {
  switch (with) {
    case Compression::kNone: return false;
    case Compression::kLz4: {
      const int size =
          LZ4_decompress_safe(chars(packed.data()), reinterpret_cast<char*>(to.data()),
                              static_cast<int>(packed.size()), static_cast<int>(to.size()));
      return size >= 0 && static_cast<size_t>(size) == to.size();
    }
    case Compression::kZstd: {
      ZSTD_DCtx* const context = unpacker();
      return context != nullptr && ZSTD_decompressDCtx(context, to.data(), to.size(), packed.data(),
                                                       packed.size()) == to.size();
    }
  }
  return false;
}

}  // namespace streamhost::cluster
