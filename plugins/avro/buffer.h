// Bytes that are written one value at a time and used again for the next.
#pragma once

#include <cstring>
#include <memory>
#include <streamhost/sdk/error.hpp>
#include <string>
#include <string_view>

namespace streamhost::avro {

// Grows up to a limit; going beyond it throws bad_data. Not thread-safe.
class Buffer {
 public:
  // `limit`: the most bytes it ever holds.
  explicit Buffer(size_t limit) : limit_(limit) {}

  // At least `n` writable bytes behind what is there; keep_to() says how many were used.
  char* room(size_t n) {
    if (capacity_ - size_ < n) grow(n);
    return bytes_.get() + size_;
  }
  void keep_to(const char* end) { size_ = static_cast<size_t>(end - bytes_.get()); }
  void push(char c) {
    *room(1) = c;
    ++size_;
  }
  void append(std::string_view text) {
    char* to = room(text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    size_ += text.size();
  }
  // Puts `n` bytes, to be filled by the caller, before byte `at`.
  char* gap(size_t at, size_t n) {
    room(n);
    std::memmove(bytes_.get() + at + n, bytes_.get() + at, size_ - at);
    size_ += n;
    return bytes_.get() + at;
  }
  // Forgets all bytes from `size` on.
  void cut(size_t size) { size_ = size; }
  // Empties it; the memory of an unusually large value goes back.
  void clear() {
    size_ = 0;
    if (capacity_ > kKept) {
      bytes_.reset();
      capacity_ = 0;
    }
  }
  size_t size() const { return size_; }
  char* data() { return bytes_.get(); }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  static constexpr size_t kKept = 4 << 20;

  void grow(size_t n) {
    if (n > limit_ || size_ > limit_ - n) {
      throw bad_data("the result has more than the " + std::to_string(limit_) +
                     " bytes that max_size allows");
    }
    const size_t capacity = std::min(limit_, std::max<size_t>(2 * (size_ + n), 4096));
    std::unique_ptr<char[]> bytes(new char[capacity]);
    if (size_ != 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }
  size_t limit_;
  size_t size_ = 0, capacity_ = 0;
  std::unique_ptr<char[]> bytes_;
};

}  // namespace streamhost::avro
