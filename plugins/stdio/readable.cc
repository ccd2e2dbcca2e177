#include "readable.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace stdio_plugin {

namespace sh = streamhost;

ReadableSignal::ReadableSignal(int fd, sh::Waker waker)
    : fd_(fd), waker_(std::move(waker)), event_(::eventfd(0, EFD_CLOEXEC)) {
  if (!event_) {
    throw sh::unavailable("cannot wait for standard input: " + plugin_common::error_text(errno));
  }
  // Signals belong to the host's own threads.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ReadableSignal::~ReadableSignal() {
  stop_.store(true, std::memory_order_release);
  notify();
  thread_.join();
}

void ReadableSignal::request() {
  ready_.store(false, std::memory_order_release);
  notify();
}

void ReadableSignal::notify() {
  const uint64_t one = 1;
  while (::write(event_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void ReadableSignal::run() {
  bool requested = false;
  for (;;) {
    // A negative descriptor is left out by poll().
    pollfd both[2] = {{event_.get(), POLLIN, 0}, {requested ? fd_ : -1, POLLIN, 0}};
    if (::poll(both, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (both[0].revents != 0) {
      uint64_t count = 0;
      if (::read(event_.get(), &count, sizeof count) < 0 && errno != EINTR) return;
      if (stop_.load(std::memory_order_acquire)) return;
      requested = true;
    } else if (both[1].revents != 0) {
      requested = false;
      ready_.store(true, std::memory_order_release);
      waker_.wake();
    }
  }
}

bool readable_now(int fd) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, 0) != 0;
}

}  // namespace stdio_plugin
