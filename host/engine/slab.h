// Memory for many small things of a few sizes that come and go: what the slots of a StateTable are
// made of. Allocations never move, are zeroed, and are followed by at least 16 readable bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace streamhost {

class Slab {
 public:
  // Every allocation is aligned to `alignment` (a power of two, 16 to 64) at `offset` bytes from
  // its begin.
  explicit Slab(size_t alignment, size_t offset);
  ~Slab();
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

  void* allocate(size_t size);
  // `size` as it was allocated.
  void free(void* memory, size_t size);
  // Gives everything back at once.
  void clear();

  size_t memory() const { return memory_; }
  // True while something that is freed one by one is out.
  bool has_large() const { return large_ != 0; }

 private:
  struct Piece {
    void* memory;
    size_t size;
  };
  static constexpr size_t kLargest = 2048;  // beyond: from the system, one by one

  size_t rounded(size_t size) const { return (size + grain_ - 1) / grain_ * grain_; }
  void add_piece();

  const size_t grain_;
  const size_t lead_;  // bytes at the begin of a piece, so that offsets come out aligned
  uint8_t* at_ = nullptr;
  uint8_t* end_ = nullptr;
  size_t next_piece_ = size_t{64} << 10;
  size_t memory_ = 0;
  size_t large_ = 0;  // allocations from the system
  std::vector<Piece> pieces_;
  std::vector<void*> free_;  // by size / grain: a list linked through the freed memory
};

}  // namespace streamhost
