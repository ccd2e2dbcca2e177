// The end of a pipe or a terminal at which a test looks at, as slowly as it likes, what a program
// writes to the other.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>

namespace streamhost::testing {

class Reader {
 public:
  static Reader of_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("cannot make a pipe");
    return {ends[0], ends[1]};
  }
  static Reader of_terminal() {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    std::array<char, 128> name{};
    if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0 ||
        ::ptsname_r(master, name.data(), name.size()) != 0) {
      fail("cannot make a terminal");
    }
    const int slave = ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0) fail("cannot open the terminal");
    return {master, slave};
  }
  ~Reader() {
    close_writer();
    close();
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // What the program gets. Close it once the program has it, or the end is never seen.
  int writer() const { return writer_; }
  void close_writer() {
    if (writer_ >= 0) ::close(writer_);
    writer_ = -1;
  }

  // Goes away: whoever writes now is told so.
  void close() {
    if (reader_ >= 0) ::close(reader_);
    reader_ = -1;
  }

  // Waits until a pipe takes no more, while the test has its writer too.
  bool wait_until_full(std::chrono::milliseconds limit) const {
    for (auto left = limit; left.count() > 0; left -= std::chrono::milliseconds(1)) {
      pollfd room{writer_, POLLOUT, 0};
      if (::poll(&room, 1, 0) == 0) return true;
      ::usleep(1000);
    }
    return false;
  }

  // Takes at most `most` bytes when there are some within `patience`; false at the end.
  bool read(size_t most, std::chrono::milliseconds patience) {
    pollfd ready{reader_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(patience.count())) <= 0) return true;
    std::string room(most, '\0');
    const ssize_t n = ::read(reader_, room.data(), room.size());
    if (n > 0) text_.append(room, 0, static_cast<size_t>(n));
    // A terminal that nobody has open any more gives EIO.
    return n > 0 || (n < 0 && errno == EINTR);
  }
  // Takes everything up to the end.
  void read_to_end() {
    while (read(64 << 10, std::chrono::seconds(60))) {
    }
  }
  // Everything taken so far.
  const std::string& text() const { return text_; }

 private:
  Reader(int reader, int writer) : reader_(reader), writer_(writer) {}
  [[noreturn]] static void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
  }

  int reader_, writer_;
  std::string text_;
};

}  // namespace streamhost::testing
