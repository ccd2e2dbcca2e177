// Memory for many small things of a few sizes that come and go: what the slots of a StateTable are
// made of. Allocations never move, are zeroed, and are followed by at least 16 readable bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <streamhost/sdk/fixed_pool.hpp>
#include <vector>

namespace streamhost {

class Slab {
 public:
  // Every allocation is aligned to `alignment` (a power of two, 16 to 64) at `offset` bytes from
  // its begin.
  explicit Slab(size_t alignment, size_t offset);
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

  void* allocate(size_t size);
  // `size` as it was allocated.
  void free(void* memory, size_t size);
  // Gives everything back at once.
  void clear();

  size_t memory() const;
  // True while something that is freed one by one is out.
  bool has_large() const { return large_ != 0; }

 private:
  static constexpr size_t kLargest = 2048;  // beyond: from the system, one by one

  size_t rounded(size_t size) const { return (size + grain_ - 1) / grain_ * grain_; }

  const size_t grain_, offset_;
  const size_t lead_;  // in front of what is allocated one by one, so that offsets come out aligned
  std::vector<std::unique_ptr<FixedPool>> pools_;  // by size / grain; null: never needed
  size_t large_ = 0, large_memory_ = 0;            // allocations from the system
};

}  // namespace streamhost
