// Memory for many small things of one size that come and go: states, windows, queue entries.
//
// Blocks lie in pieces of 64 KiB to 8 MiB from the system, each of which knows how many of its
// blocks are in use. A piece goes back as soon as none is, but for a quarter of all memory that is
// kept for what comes next: one block that stays does not hold on to what all others left.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

namespace streamhost::inline v1 {

// One thread at a time. Blocks that are still in use when it goes, go with it.
class FixedPool {
 public:
  struct Shape {
    size_t size;          // of a block, in bytes
    size_t align = 16;    // a power of two, at most 64 ...
    size_t offset = 0;    // ... of the byte at this offset in every block
    size_t readable = 0;  // bytes behind every block that may be read
  };
  explicit FixedPool(Shape shape)
      : block_((std::max(shape.size, sizeof(void*)) + shape.align - 1) / shape.align * shape.align),
        first_(kLine + (shape.align - shape.offset % shape.align) % shape.align),
        readable_(shape.readable) {}
  FixedPool(FixedPool&& other) noexcept
      : block_(other.block_),
        first_(other.first_),
        readable_(other.readable_),
        pieces_(std::exchange(other.pieces_, {})),
        with_free_(std::exchange(other.with_free_, {})),
        fresh_(std::exchange(other.fresh_, nullptr)),
        memory_(std::exchange(other.memory_, 0)),
        unused_(std::exchange(other.unused_, 0)),
        in_use_(std::exchange(other.in_use_, 0)) {}
  FixedPool& operator=(FixedPool&&) = delete;
  ~FixedPool() { clear(); }

  // A block. Its bytes are 0 when *zeroed says so, else anything. Throws bad_alloc.
  void* take(bool* zeroed = nullptr) {
    if (zeroed != nullptr) *zeroed = with_free_.empty();
    Piece* piece = nullptr;
    void* block = nullptr;
    if (!with_free_.empty()) {
      piece = with_free_.back();
      block = piece->free;
      std::memcpy(&piece->free, block, sizeof(void*));
      // The next one will be read as soon as it is taken.
      __builtin_prefetch(piece->free, 1);
      if (piece->free == nullptr) with_free_.pop_back();
    } else {
      if (fresh_ == nullptr || fresh_->at + block_ + readable_ > fresh_->size) add_piece();
      piece = fresh_;
      block = reinterpret_cast<std::byte*>(piece) + piece->at;
      piece->at += block_;
    }
    if (piece->in_use++ == 0) unused_ -= piece->size;
    ++in_use_;
    return block;
  }
  void give_back(void* block) {
    Piece* piece = piece_of(block);
    if (piece->free == nullptr) with_free_.push_back(piece);
    std::memcpy(block, &piece->free, sizeof(void*));
    piece->free = block;
    --in_use_;
    if (--piece->in_use != 0) return;
    unused_ += piece->size;
    if (unused_ > kKept && unused_ > memory_ / 4) release_unused();
  }
  // Gives everything back; what was taken must not be used any more.
  void clear() {
    for (Piece* piece : pieces_) munmap(piece, piece->size);
    pieces_.clear();
    with_free_.clear();
    fresh_ = nullptr;
    memory_ = unused_ = in_use_ = 0;
  }

  size_t in_use() const { return in_use_; }  // blocks
  size_t memory() const { return memory_; }  // bytes

 private:
  // At the begin of each, which is a multiple of kLargest: so a block finds its own. Has a line of
  // the cache for itself, so that blocks of whole lines begin with one.
  struct Piece {
    size_t size, at;  // of which so much was ever taken
    size_t in_use;    // blocks
    void* free;       // a list of blocks, linked through them
  };
  static constexpr size_t kLine = 64;
  static constexpr size_t kSmallest = size_t{64} << 10;
  static constexpr size_t kLargest = size_t{8} << 20;
  static constexpr size_t kHugePage = size_t{2} << 20;
  static constexpr size_t kKept = size_t{1} << 20;  // unused, of a pool however small

  static Piece* piece_of(void* block) {
    return reinterpret_cast<Piece*>(reinterpret_cast<uintptr_t>(block) & ~(kLargest - 1));
  }

  // As large as all that there are, so that small pools stay small.
  void add_piece() {
    const size_t least = std::bit_ceil(first_ + block_ + readable_);
    const size_t size =
        std::max(std::clamp(std::bit_floor(memory_ + 1), kSmallest, kLargest), least);
    if (size > kLargest) throw std::bad_alloc();
    if (pieces_.size() == pieces_.capacity()) {
      pieces_.reserve(2 * pieces_.size() + 4);
      with_free_.reserve(pieces_.capacity());  // so that giving back needs no memory
    }
    void* memory = map_aligned(size);
    if (size >= kHugePage) madvise(memory, size, MADV_HUGEPAGE);
    fresh_ = new (memory) Piece{size, first_, 0, nullptr};
    pieces_.push_back(fresh_);
    memory_ += size;
    unused_ += size;
  }

  static void* map_aligned(size_t size) {
    constexpr int kProtection = PROT_READ | PROT_WRITE;
    const size_t total = size + kLargest;
    void* memory = mmap(nullptr, total, kProtection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    auto* begin = static_cast<std::byte*>(memory);
    const size_t before = (kLargest - reinterpret_cast<uintptr_t>(begin) % kLargest) % kLargest;
    if (before != 0) munmap(begin, before);
    munmap(begin + before + size, total - before - size);
    return begin + before;
  }

  void release_unused() {
    const auto unused = [](const Piece* piece) { return piece->in_use == 0; };
    if (fresh_ != nullptr && unused(fresh_)) fresh_ = nullptr;
    std::erase_if(with_free_, unused);
    std::erase_if(pieces_, [&](Piece* piece) {
      if (!unused(piece)) return false;
      memory_ -= piece->size;
      munmap(piece, piece->size);
      return true;
    });
    unused_ = 0;
  }

  const size_t block_, first_, readable_;  // first_: where the first block of a piece begins
  std::vector<Piece*> pieces_;
  std::vector<Piece*> with_free_;  // those whose list is not empty
  Piece* fresh_ = nullptr;         // the one that has room behind `at`
  size_t memory_ = 0;
  size_t unused_ = 0;  // bytes of pieces of which no block is in use
  size_t in_use_ = 0;
};

}  // namespace streamhost::inline v1
