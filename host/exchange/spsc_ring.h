// A bounded queue from one thread to one other. Never blocks, never allocates after construction,
// and hands items over in the order they came. The ring does not wake anybody: see Parker.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace streamhost {

template <class T>
class SpscRing {
 public:
  // Holds up to `capacity` items, rounded up to a power of two; at least 2.
  explicit SpscRing(size_t capacity)
      : slots_(std::bit_ceil(capacity < 2 ? size_t{2} : capacity)), mask_(slots_.size() - 1) {}

  // Appends `item`; false, with `item` untouched, when the ring is full. [producer]
  bool push(T&& item) {
    const size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - known_head_ > mask_) {
      known_head_ = head_.load(std::memory_order_seq_cst);
      if (tail - known_head_ > mask_) return false;
    }
    slots_[tail & mask_] = std::move(item);
    // Sequentially consistent, so that it cannot pass the look at the consumer's Parker.
    tail_.store(tail + 1, std::memory_order_seq_cst);
    return true;
  }

  // Takes the oldest item; empty when there is none right now. [consumer]
  std::optional<T> pop() {
    const size_t head = head_.load(std::memory_order_relaxed);
    if (head == known_tail_) {
      known_tail_ = tail_.load(std::memory_order_seq_cst);
      if (head == known_tail_) return std::nullopt;
    }
    std::optional<T> item(std::move(slots_[head & mask_]));
    head_.store(head + 1, std::memory_order_seq_cst);
    return item;
  }

  size_t capacity() const { return slots_.size(); }

 private:
  std::vector<T> slots_;
  const size_t mask_;
  // The two sides' positions lie on lines of their own, each with what that side knows of the
  // other.
  alignas(64) std::atomic<size_t> tail_{0};
  size_t known_head_ = 0;
  alignas(64) std::atomic<size_t> head_{0};
  size_t known_tail_ = 0;
};

}  // namespace streamhost
