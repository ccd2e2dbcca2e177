#include "output_buffer.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <streamhost/sdk.hpp>

#include "descriptor.h"

namespace plugin_common {

OutputBuffer::OutputBuffer(int fd, std::string name, uint64_t offset)
    : fd_(fd), name_(std::move(name)), written_(offset), bytes_(new char[kCapacity]) {}

void OutputBuffer::append(std::string_view bytes) {
  if (bytes.size() > kCapacity - used_) flush();
  if (bytes.size() > kCapacity) {
    write_all(bytes.data(), bytes.size());
    return;
  }
  if (!bytes.empty()) std::memcpy(bytes_.get() + used_, bytes.data(), bytes.size());
  used_ += bytes.size();
}

void OutputBuffer::flush() {
  const size_t size = used_;
  used_ = 0;
  write_all(bytes_.get(), size);
}

void OutputBuffer::write_all(const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t n = ::write(fd_, bytes, size);
    if (n >= 0) {
      bytes += n;
      size -= static_cast<size_t>(n);
      written_ += static_cast<uint64_t>(n);
    } else if (errno == EPIPE) {
      throw streamhost::unavailable(name_ + " was closed");
    } else if (errno == EAGAIN) {
      // Somebody else who holds this pipe or terminal made it non-blocking.
      pollfd writable{fd_, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      throw streamhost::unavailable("cannot write to " + name_ + " at byte " +
                                    std::to_string(written_) + ": " + error_text(errno));
    }
  }
}

}  // namespace plugin_common
