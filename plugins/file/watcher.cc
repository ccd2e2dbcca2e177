#include "watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>

namespace file_plugin {

namespace sh = streamhost;
using plugin_common::Descriptor;
using plugin_common::error_text;
using plugin_common::quoted;

namespace {
constexpr uint32_t kFileEvents = IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;
constexpr uint32_t kDirectoryEvents = IN_CREATE | IN_MOVED_TO;
}  // namespace

Watcher::Watcher(sh::Waker waker)
    : waker_(std::move(waker)),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  if (!inotify_ || !stop_) {
    throw sh::unavailable("cannot watch files for `follow`: " + error_text(errno) +
                          " (see the limit fs.inotify.max_user_instances)");
  }
  // Signals belong to the host's own threads.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Watcher::~Watcher() {
  const uint64_t one = 1;
  while (::write(stop_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
}

std::shared_ptr<Watcher::Watch> Watcher::watch(const std::string& path, int fd) {
  const std::filesystem::path full(path);
  const std::string directory = full.has_parent_path() ? full.parent_path().native() : ".";
  auto result = std::make_shared<Watch>();
  result->name_ = full.filename().native();
  const std::lock_guard lock(mutex_);
  forget_ended();
  // By its descriptor: the path may mean another file by now.
  result->file_watch_ = add("/proc/self/fd/" + std::to_string(fd), kFileEvents, path);
  result->directory_watch_ = add(directory, kDirectoryEvents, directory);
  watches_.push_back(result);
  return result;
}

int Watcher::add(const std::string& path, uint32_t events, const std::string& name) {
  // One inode has one watch, whichever way it was reached: the events add up.
  const int watch = ::inotify_add_watch(inotify_.get(), path.c_str(), events | IN_MASK_ADD);
  if (watch < 0) {
    throw sh::unavailable("cannot watch " + quoted(name) + " for `follow`: " + error_text(errno) +
                          (errno == ENOSPC ? " (the limit fs.inotify.max_user_watches)" : ""));
  }
  if (std::find(descriptors_.begin(), descriptors_.end(), watch) == descriptors_.end()) {
    descriptors_.push_back(watch);
  }
  return watch;
}

// Drops the watches that nobody holds any more, and what only they needed of the kernel.
void Watcher::forget_ended() {
  std::vector<int> needed;
  std::erase_if(watches_, [&](const std::weak_ptr<Watch>& weak) {
    const auto watch = weak.lock();
    if (!watch) return true;
    needed.push_back(watch->file_watch_);
    needed.push_back(watch->directory_watch_);
    return false;
  });
  std::erase_if(descriptors_, [&](int descriptor) {
    if (std::find(needed.begin(), needed.end(), descriptor) != needed.end()) return false;
    ::inotify_rm_watch(inotify_.get(), descriptor);
    return true;
  });
}

bool Watcher::mark(int descriptor, std::string_view name, bool all) {
  const std::lock_guard lock(mutex_);
  bool any = false;
  for (const auto& weak : watches_) {
    const auto watch = weak.lock();
    if (!watch) continue;
    const bool meant = watch->file_watch_ == descriptor ||
                       (watch->directory_watch_ == descriptor && watch->name_ == name);
    if (!all && !meant) continue;
    // Who has not looked since the last change was woken for that one.
    if (!watch->changed_.exchange(true, std::memory_order_acq_rel)) any = true;
  }
  return any;
}

void Watcher::run() {
  alignas(inotify_event) char events[16 << 10];
  pollfd both[2] = {{inotify_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
  for (;;) {
    if (::poll(both, 2, -1) < 0 && errno != EINTR) return;
    if (both[1].revents != 0) return;
    const ssize_t size = ::read(inotify_.get(), events, sizeof events);
    bool any = false;
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(events + at);
      const std::string_view name = event->len > 0 ? event->name : "";
      any |= mark(event->wd, name, (event->mask & IN_Q_OVERFLOW) != 0);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
    if (any) waker_.wake();
  }
}

}  // namespace file_plugin
