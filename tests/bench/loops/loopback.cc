#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "loops.h"
#include "output.h"

namespace bench {
namespace {

constexpr size_t kBlock = size_t{256} << 10;

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

// A socket that is closed in the end.
struct Socket {
  explicit Socket(int number) : fd(number) {
    if (fd < 0) fail("socket");
  }
  ~Socket() { ::close(fd); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  const int fd;
};

// In the other process: no exceptions, no return. 0 when everything has left.
[[noreturn]] void send_all(const sockaddr_in& to, uint64_t bytes) {
  const std::vector<char> block(kBlock, 'x');
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) ::_exit(1);
  while (bytes > 0) {
    const ssize_t sent = ::send(fd, block.data(), std::min<uint64_t>(kBlock, bytes), MSG_NOSIGNAL);
    if (sent <= 0) ::_exit(1);
    bytes -= static_cast<uint64_t>(sent);
  }
  ::_exit(0);
}

}  // namespace

void loopback(uint64_t bytes, const std::string& output) {
  using Clock = std::chrono::steady_clock;
  const Socket listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener.fd, raw, size) != 0 || ::listen(listener.fd, 1) != 0 ||
      ::getsockname(listener.fd, raw, &size) != 0) {
    fail("listen");
  }
  const pid_t sender = ::fork();
  if (sender < 0) fail("fork");
  if (sender == 0) send_all(address, bytes);

  const Socket connection(::accept(listener.fd, nullptr, nullptr));
  std::vector<char> block(kBlock);
  uint64_t came = 0;
  const auto begin = Clock::now();
  for (ssize_t got; (got = ::recv(connection.fd, block.data(), kBlock, 0)) > 0;) {
    came += static_cast<uint64_t>(got);
  }
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin);
  int status = 0;
  ::waitpid(sender, &status, 0);
  if (came != bytes || status != 0) throw std::runtime_error("loopback: bytes are missing");
  Output out(output);
  out.number(came).text(" ").number(took.count()).text("\n");
  out.close();
}

}  // namespace bench
