// Reads a text file in blocks of whole lines, 1 MiB at a time.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

inline constexpr size_t kBlock = size_t{1} << 20;
inline constexpr size_t kPadding = 64;  // readable bytes after a block, which simdjson asks for

// Calls `body(char* begin, char* end)` for each block; it holds whole lines, and the last byte is
// '\n' (added when the file does not end with one). The bytes may be changed, and are gone after
// the call. Throws std::runtime_error when the file cannot be read.
template <class Body>
void for_each_block(const std::string& path, Body&& body) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw std::runtime_error(path + ": " + std::strerror(errno));
  std::vector<char> buffer(kBlock + kPadding);
  size_t kept = 0;
  for (;;) {
    if (buffer.size() - kPadding == kept) buffer.resize(2 * buffer.size());
    const ssize_t got = ::read(fd, buffer.data() + kept, buffer.size() - kPadding - kept);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::runtime_error(path + ": " + std::strerror(errno));
    if (got == 0) break;
    const size_t filled = kept + static_cast<size_t>(got);
    const void* last = ::memrchr(buffer.data() + kept, '\n', static_cast<size_t>(got));
    if (last == nullptr) {
      kept = filled;
      continue;
    }
    char* const end = buffer.data() + (static_cast<const char*>(last) - buffer.data()) + 1;
    body(buffer.data(), end);
    kept = filled - static_cast<size_t>(end - buffer.data());
    std::memmove(buffer.data(), end, kept);
  }
  ::close(fd);
  if (kept > 0) {
    buffer[kept] = '\n';
    body(buffer.data(), buffer.data() + kept + 1);
  }
}

}  // namespace bench
