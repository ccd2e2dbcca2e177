// Rows: what a store keeps. A row is the saved state of one key of one step, or that the key is
// gone. The store does not look into keys and values.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "recovery/encoded_row.h"

namespace streamhost::recovery {

// What a step is, for messages and listings; the store treats all alike.
enum class StepKind : uint8_t { kSource = 1, kKeyed = 2, kSink = 3 };

// How a step is known to the store: its id is the identity of its state.
struct StepInfo {
  std::string id;  // its name in the manifest
  StepKind kind = StepKind::kKeyed;
  std::string component;       // "core.count_final"
  uint32_t state_version = 0;  // of what the component writes now
};

// Borrowed views.
struct Row {
  std::string_view key;
  std::string_view value;
  uint32_t version = 0;  // of the value's format
};

// Rows of one step in the order they were added, encoded as they will be stored. A later row of a
// key replaces an earlier one. Adding costs little more than copying the bytes.
class RowBlock {
 public:
  RowBlock() = default;
  // A block that was moved from is empty.
  RowBlock(RowBlock&& other) noexcept { swap(other); }
  RowBlock& operator=(RowBlock&& other) noexcept {
    RowBlock taken(std::move(other));
    swap(taken);
    return *this;
  }

  void put(std::string_view key, uint32_t version, std::string_view value) {
    append(key, version, false, value);
  }
  // The key is gone.
  void erase(std::string_view key) { append(key, 0, true, {}); }

  bool empty() const { return rows_ == 0; }
  size_t rows() const { return rows_; }
  // Of memory, about.
  size_t bytes() const { return capacity_; }
  // The rows one behind the other (encoded_row.h).
  std::string_view encoded() const { return {bytes_.get(), size_}; }

 private:
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };

  void append(std::string_view key, uint32_t version, bool erased, std::string_view value) {
    const size_t bound = encoded_bound(key, value);
    if (capacity_ - size_ < bound) grow(bound);
    char* const out = bytes_.get() + size_;
    size_ += static_cast<size_t>(encode_row(out, key, version, erased, value) - out);
    ++rows_;
  }
  void grow(size_t more);
  void swap(RowBlock& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(rows_, other.rows_);
  }

  std::unique_ptr<char[], Free> bytes_;
  size_t size_ = 0, capacity_ = 0, rows_ = 0;
};

}  // namespace streamhost::recovery
