// Where a result is put together: bytes that grow up to a limit.
#pragma once

#include <streamhost/sdk.hpp>

#include <algorithm>
#include <memory>

#include "wire.h"

namespace streamhost::protobuf {

// Keeps its memory from one record to the next. Not thread-safe.
class Bytes {
 public:
  // Growing throws bad_data once there are more than `limit` bytes; it may be noticed later than
  // that, but before there are twice as many.
  explicit Bytes(size_t limit) : limit_(limit) {}

  std::string_view view() const { return {bytes_.get(), size_}; }
  size_t size() const { return size_; }
  char* data() { return bytes_.get(); }
  // Makes it empty, and gives back much memory.
  void clear() {
    size_ = 0;
    if (capacity_ <= kKept) return;
    bytes_.reset();
    capacity_ = 0;
  }
  // Drops what lies behind `size`, which is at most size().
  void truncate(size_t size) { size_ = size; }

  // At least `size` writable bytes behind the last one; keep() makes those before `end` stay.
  char* room(size_t size) {
    if (capacity_ - size_ < size) grow(size);
    return bytes_.get() + size_;
  }
  void keep(const char* end) { size_ = static_cast<size_t>(end - bytes_.get()); }

  void put(char c) {
    *room(1) = c;
    ++size_;
  }
  void append(std::string_view text) {
    char* const to = room(text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    size_ += text.size();
  }
  void varint(uint64_t value) {
    char* const to = room(10);
    keep(reinterpret_cast<char*>(put_varint(reinterpret_cast<uint8_t*>(to), value)));
  }
  // The low `size` bytes of `bits`, at most 8.
  void fixed(uint64_t bits, size_t size) {
    std::memcpy(room(8), &bits, 8);
    size_ += size;
  }

  // Begins a part with its length before it; end_length() takes what this returned.
  size_t begin_length() {
    put(0);
    return size_;
  }
  void end_length(size_t begin) {
    const size_t length = size_ - begin;
    uint8_t prefix[10];
    const auto more = static_cast<size_t>(put_varint(prefix, length) - prefix) - 1;
    if (more != 0) {
      room(more);
      std::memmove(bytes_.get() + begin + more, bytes_.get() + begin, length);
      size_ += more;
    }
    std::memcpy(bytes_.get() + begin - 1, prefix, more + 1);
  }

 private:
  void grow(size_t size) {
    if (size_ > limit_) {
      throw bad_data("the result is larger than max_size, " + std::to_string(limit_) + " bytes");
    }
    const size_t capacity = std::max({2 * capacity_, size_ + size, size_t{4096}});
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ != 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  static constexpr size_t kKept = 4 << 20;

  size_t limit_;
  size_t size_ = 0, capacity_ = 0;
  std::unique_ptr<char[]> bytes_;
};

}  // namespace streamhost::protobuf
