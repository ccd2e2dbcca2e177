#include "cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <iostream>
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

int finish_standard_output(int status) {
  errno = 0;
  std::cout.flush();
  if (std::cout) return status;
  std::cerr << "streamhost: cannot write to standard output";
  if (errno != 0) std::cerr << ": " << std::generic_category().message(errno);
  std::cerr << '\n';
  return status == 0 ? 1 : status;
}

}  // namespace streamhost
