// Collects bytes and hands them to a file descriptor in large writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace plugin_common {

// Not thread-safe. What is still buffered when it is destroyed is dropped.
class OutputBuffer {
 public:
  static constexpr size_t kCapacity = 256 << 10;

  // Borrows `fd`. `name` is what messages call it; `offset` where in the file the next byte goes.
  OutputBuffer(int fd, std::string name, uint64_t offset);

  // At least `size` free bytes, after a flush if need be; `size` is at most kCapacity.
  char* room(size_t size) {
    if (kCapacity - used_ < size) flush();
    return bytes_.get() + used_;
  }
  // Keeps what was written into room() up to `end`.
  void keep(const char* end) { used_ = static_cast<size_t>(end - bytes_.get()); }
  // Appends a copy, of any length.
  void append(std::string_view bytes);

  // Writes what is buffered. Throws streamhost::Error (unavailable) with name, offset and reason.
  void flush();

  // Where the next byte goes, counting what is buffered.
  uint64_t offset() const { return written_ + used_; }

 private:
  void write_all(const char* bytes, size_t size);

  int fd_;
  std::string name_;
  uint64_t written_;
  size_t used_ = 0;
  std::unique_ptr<char[]> bytes_;
};

}  // namespace plugin_common
