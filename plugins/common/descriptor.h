// File descriptors that close themselves, and the texts of system errors.
#pragma once

#include <unistd.h>

#include <string>
#include <system_error>
#include <utility>

namespace plugin_common {

// Owns one file descriptor, or none. Move-only.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  explicit operator bool() const { return fd_ >= 0; }
  // -1 when there is none.
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

// What an errno value says: "No such file or directory".
inline std::string error_text(int number) { return std::generic_category().message(number); }

// A name as messages show it: in double quotes.
inline std::string quoted(const std::string& name) { return '"' + name + '"'; }

}  // namespace plugin_common
