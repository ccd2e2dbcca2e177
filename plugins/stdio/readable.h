// Wakes the worker when a file descriptor can be read without blocking.
#pragma once

#include <atomic>
#include <streamhost/sdk.hpp>
#include <thread>

#include "common/descriptor.h"

namespace stdio_plugin {

// A thread that sleeps until it is asked to wait for the descriptor; it waits once per request, so
// that a stream that always has something to read costs no wake-ups.
class ReadableSignal {
 public:
  // Borrows `fd`. Throws streamhost::Error (unavailable) when no thread can be had.
  ReadableSignal(int fd, streamhost::Waker waker);
  // Ends the thread at once, also while it waits.
  ~ReadableSignal();
  ReadableSignal(const ReadableSignal&) = delete;
  ReadableSignal& operator=(const ReadableSignal&) = delete;

  // Asks for a wake-up when there is something to read, or the end. [worker]
  void request();
  // True when what the last request waited for is there. [worker]
  bool ready() const { return ready_.load(std::memory_order_acquire); }

 private:
  void run();
  void notify();

  const int fd_;
  streamhost::Waker waker_;
  plugin_common::Descriptor event_;
  std::atomic<bool> ready_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// Whether a read would return now, with bytes, the end, or an error.
bool readable_now(int fd);

}  // namespace stdio_plugin
