#include "engine/slab.h"

#include <cstdint>
#include <cstring>
#include <new>

namespace streamhost {
namespace {

constexpr size_t kReadable = 16;

}  // namespace

Slab::Slab(size_t alignment, size_t offset)
    : grain_(alignment),
      offset_(offset),
      lead_((alignment - offset % alignment) % alignment),
      pools_(kLargest / alignment + 1) {}

void* Slab::allocate(size_t size) {
  const size_t need = rounded(size);
  if (need > kLargest) {
    // The lead makes room for the offset; it is found again from the size class on free.
    const size_t total = need + lead_ + kReadable;
    auto* memory = static_cast<uint8_t*>(::operator new (total, std::align_val_t{64}));
    std::memset(memory, 0, total);
    large_memory_ += total;
    ++large_;
    return memory + lead_;
  }
  auto& pool = pools_[need / grain_];
  if (pool == nullptr) {
    pool = std::make_unique<FixedPool>(FixedPool::Shape{need, grain_, offset_, kReadable});
  }
  bool zeroed = false;
  void* memory = pool->take(&zeroed);
  if (!zeroed) std::memset(memory, 0, need);
  return memory;
}

void Slab::free(void* memory, size_t size) {
  const size_t need = rounded(size);
  if (need > kLargest) {
    large_memory_ -= need + lead_ + kReadable;
    --large_;
    ::operator delete (static_cast<uint8_t*>(memory) - lead_, std::align_val_t{64});
    return;
  }
  pools_[need / grain_]->give_back(memory);
}

void Slab::clear() {
  for (auto& pool : pools_) pool.reset();
}

size_t Slab::memory() const {
  size_t memory = large_memory_;
  for (const auto& pool : pools_) memory += pool == nullptr ? 0 : pool->memory();
  return memory;
}

}  // namespace streamhost
