#include "engine/slab.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace streamhost {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kReadable = 16;

}  // namespace

Slab::Slab(size_t alignment, size_t offset)
    : grain_(alignment),
      lead_((alignment - offset % alignment) % alignment),
      free_(kLargest / alignment + 1) {}

Slab::~Slab() { clear(); }

void* Slab::allocate(size_t size) {
  const size_t need = rounded(size);
  if (need > kLargest) {
    // The lead makes room for the offset; it is found again from the size class on free.
    const size_t total = need + lead_ + kReadable;
    auto* memory = static_cast<uint8_t*>(::operator new (total, std::align_val_t{64}));
    std::memset(memory, 0, total);
    memory_ += total;
    ++large_;
    return memory + lead_;
  }
  void*& head = free_[need / grain_];
  if (head != nullptr) {
    void* memory = head;
    std::memcpy(&head, memory, sizeof(void*));
    std::memset(memory, 0, need);
    return memory;
  }
  if (static_cast<size_t>(end_ - at_) < need) add_piece();
  void* memory = at_;
  at_ += need;
  return memory;
}

void Slab::free(void* memory, size_t size) {
  const size_t need = rounded(size);
  if (need > kLargest) {
    memory_ -= need + lead_ + kReadable;
    --large_;
    ::operator delete (static_cast<uint8_t*>(memory) - lead_, std::align_val_t{64});
    return;
  }
  void*& head = free_[need / grain_];
  std::memcpy(memory, &head, sizeof(void*));
  head = memory;
}

void Slab::clear() {
  for (const Piece& piece : pieces_) munmap(piece.memory, piece.size);
  pieces_.clear();
  std::fill(free_.begin(), free_.end(), nullptr);
  at_ = end_ = nullptr;
  next_piece_ = size_t{64} << 10;
  memory_ = 0;
}

void Slab::add_piece() {
  const size_t size = next_piece_;
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  if (size >= kHugePage) madvise(memory, size, MADV_HUGEPAGE);
  pieces_.push_back({memory, size});
  memory_ += size;
  at_ = static_cast<uint8_t*>(memory) + lead_;
  end_ = static_cast<uint8_t*>(memory) + size - kReadable;
  next_piece_ = std::min(next_piece_ * 2, 4 * kHugePage);
}

}  // namespace streamhost
