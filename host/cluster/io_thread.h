// The thread on which all networking of a cluster happens, and the memory for what it sends.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <mutex>
#include <thread>

#include "base/arena.h"
#include "base/log.h"

namespace streamhost::cluster {

class IoThread {
 public:
  explicit IoThread(Log log);
  // After stop().
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  // Has the thread call `what`, after what it was asked for before. False, and it will not be
  // called, when the thread has ended. [any thread]
  bool post(std::function<void()> what);

  // Waits until there is nothing left to do, for which all connections have to be closed, and ends
  // the thread. [once, not on the thread itself]
  void stop();

  boost::asio::io_context& context() { return context_; }
  ArenaPool& frames() { return frames_; }

 private:
  void run();

  const Log log_;
  ArenaPool frames_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::mutex mutex_;
  bool ended_ = false;  // guarded
  std::thread thread_;
};

}  // namespace streamhost::cluster
