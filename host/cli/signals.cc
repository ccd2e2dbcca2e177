#include "cli/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

namespace streamhost {

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal_fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  done_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

Signals::~Signals() {
  close(signal_fd_);
  close(done_fd_);
}

void Signals::done() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(done_fd_, &one, sizeof(one));
}

Signals::Event Signals::wait(int tick_ms) {
  pollfd fds[2] = {{done_fd_, POLLIN, 0}, {signal_fd_, POLLIN, 0}};
  if (poll(fds, 2, tick_ms) <= 0) return Event::kTick;
  if ((fds[0].revents & POLLIN) != 0) return Event::kDone;
  signalfd_siginfo info;
  return read(signal_fd_, &info, sizeof(info)) == sizeof(info) ? Event::kSignal : Event::kTick;
}

}  // namespace streamhost
