#include "cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <iostream>
#include <string_view>
#include <system_error>

namespace streamhost {

void settle_standard_streams() {
  std::signal(SIGPIPE, SIG_IGN);
  // Input and output the wrong way round: whoever uses them must get an error, not lose data.
  constexpr int kModes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
  for (int fd = 0; fd <= 2; ++fd) {
    // The lowest free number is taken, which is this one.
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
      [[maybe_unused]] const int opened = ::open("/dev/null", kModes[fd]);
    }
  }
}

StandardOutput::StandardOutput() : said_(std::ios::out), before_(std::cout.rdbuf(&said_)) {}

StandardOutput::~StandardOutput() { std::cout.rdbuf(before_); }

int StandardOutput::finish(int status) {
  std::string_view left = said_.view();
  while (!left.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, left.data(), left.size());
    if (written >= 0) {
      left.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR) {
      std::cerr << "streamhost: cannot write to standard output: "
                << std::generic_category().message(errno) << '\n';
      return status == 0 ? 1 : status;
    }
  }
  return status;
}

}  // namespace streamhost
