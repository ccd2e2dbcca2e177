#include "processes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "process.h"

namespace bench {
namespace {

// A port of the loopback that nobody else gets while this socket is open. A process that listens
// with SO_REUSEADDR, as the host does, can have it all the same, because the socket does not
// listen.
int hold_port(std::string& address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  sockaddr_in at{};
  socklen_t size = sizeof at;
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const raw = reinterpret_cast<sockaddr*>(&at);
  if (fd < 0 || ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd, raw, size) != 0 || ::getsockname(fd, raw, &size) != 0) {
    throw std::runtime_error("there is no free port");
  }
  address = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  return fd;
}

}  // namespace

Processes::Processes(const HostCommand& host, const std::string& name, const std::string& manifest,
                     unsigned count)
    : host_(host), name_(name) {
  std::string addresses;
  for (unsigned i = 0; i < count; ++i) {
    std::string address;
    ports_.push_back(hold_port(address));
    addresses += (i == 0 ? "" : ",") + address;
  }
  for (unsigned i = 0; i < count; ++i) {
    Command command = host(manifest, 1);
    for (const std::string& word :
         {std::string("-i"), std::to_string(i), std::string("-a"), addresses}) {
      command.push_back(word);
    }
    children_.push_back(std::make_unique<Child>(command, host.environment, errors(i)));
  }
}

Processes::~Processes() {
  children_.clear();
  for (const int fd : ports_) ::close(fd);
}

void Processes::expect_alive() const {
  for (size_t i = 0; i < children_.size(); ++i) {
    if (rss_kb(children_[i]->pid()) == 0) {
      throw std::runtime_error("a process ended early; see " + errors(i));
    }
  }
}

std::vector<Usage> Processes::wait() {
  std::vector<Usage> usages;
  for (size_t i = 0; i < children_.size(); ++i) {
    usages.push_back(children_[i]->wait());
    if (usages.back().status == 0) continue;
    std::ostringstream message;
    message << name_ << ": process " << i << " ended with status " << usages.back().status << '\n'
            << std::ifstream(errors(i)).rdbuf();
    throw std::runtime_error(message.str());
  }
  return usages;
}

std::string Processes::errors(size_t id) const {
  return host_.scratch + "/" + name_ + "." + std::to_string(id) + ".err";
}

}  // namespace bench
