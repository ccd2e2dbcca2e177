#include "cluster/io_thread.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

namespace streamhost::cluster {

IoThread::IoThread(Log log)
    : log_(std::move(log)), work_(context_.get_executor()), thread_([this] { run(); }) {}

IoThread::~IoThread() = default;

bool IoThread::post(std::function<void()> what) {
  const std::lock_guard lock(mutex_);
  if (ended_) return false;
  boost::asio::post(context_, std::move(what));
  return true;
}

void IoThread::stop() {
  work_.reset();
  thread_.join();
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  // What was asked for while the thread was ending.
  context_.restart();
  context_.poll();
}

void IoThread::run() {
  pthread_setname_np(pthread_self(), "cluster");
  for (;;) {
    try {
      context_.run();
      return;
    } catch (const std::exception& error) {
      // Memory is out. Whatever was under way on one connection is not done, so that it falls
      // silent and is given up.
      log_->error("networking between processes: {}", error.what());
    }
  }
}

}  // namespace streamhost::cluster
