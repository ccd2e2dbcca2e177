// Says when files change, by inotify: a thread waits for the kernel and wakes the worker.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/descriptor.h"

namespace file_plugin {

// Of one source on one worker. All calls but changed() from that worker.
class Watcher {
 public:
  // Starts the thread. Throws streamhost::Error (unavailable) when the system gives no inotify.
  explicit Watcher(streamhost::Waker waker);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // One file that is watched, and whatever appears under its path.
  class Watch {
   public:
    // True when something happened since clear(), or may have; true at first.
    bool changed() const { return changed_.load(std::memory_order_acquire); }
    // To be called before looking at the file, so that what happens meanwhile is not missed.
    void clear() { changed_.store(false, std::memory_order_release); }

   private:
    friend class Watcher;
    std::string name_;     // in its directory
    int file_watch_ = -1;  // the open file, under whatever name it has by now
    int directory_watch_ = -1;
    std::atomic<bool> changed_{true};
  };

  // Watches the open file `fd` and its path. The watch ends with the last reference. Throws
  // streamhost::Error (unavailable) when the system's limit is reached.
  std::shared_ptr<Watch> watch(const std::string& path, int fd);

 private:
  int add(const std::string& path, uint32_t events, const std::string& name);
  void run();
  void forget_ended();
  bool mark(int watch, std::string_view name, bool all);

  streamhost::Waker waker_;
  plugin_common::Descriptor inotify_, stop_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Watch>> watches_;  // guarded by mutex_
  std::vector<int> descriptors_;               // of inotify, each once; guarded by mutex_
  std::thread thread_;
};

}  // namespace file_plugin
