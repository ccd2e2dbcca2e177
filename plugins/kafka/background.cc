#include "background.h"

#include <utility>

namespace kafka_plugin {

Background::Background(streamhost::Waker waker)
    : waker_(std::move(waker)), thread_([this] { run(); }) {}

Background::~Background() {
  {
    const std::lock_guard lock(mutex_);
    stop_.store(true, std::memory_order_seq_cst);
  }
  changed_.notify_one();
  thread_.join();
}

void Background::start(std::function<void(const Stop&)> job) {
  {
    const std::lock_guard lock(mutex_);
    failure_ = nullptr;
    running_.store(true, std::memory_order_release);
    job_ = std::move(job);
  }
  changed_.notify_one();
}

void Background::check() {
  if (failure_) std::rethrow_exception(failure_);
}

void Background::alarm(Clock::time_point at, std::function<void()> what) {
  {
    const std::lock_guard lock(mutex_);
    alarm_ = std::move(what);
    alarm_at_ = at;
  }
  changed_.notify_one();
}

void Background::no_alarm() {
  const std::lock_guard lock(mutex_);
  alarm_ = nullptr;
}

void Background::run() {
  std::unique_lock lock(mutex_);
  while (!stop_.load(std::memory_order_relaxed)) {
    if (job_) {
      const auto job = std::exchange(job_, nullptr);
      lock.unlock();
      std::exception_ptr failure;
      try {
        job(stop_);
      } catch (...) {
        failure = std::current_exception();
      }
      failure_ = failure;
      running_.store(false, std::memory_order_release);
      waker_.wake();
      lock.lock();
    } else if (alarm_ && Clock::now() >= alarm_at_) {
      const auto what = std::exchange(alarm_, nullptr);
      lock.unlock();
      what();
      lock.lock();
    } else if (alarm_) {
      changed_.wait_until(lock, alarm_at_);
    } else {
      changed_.wait(lock);
    }
  }
}

}  // namespace kafka_plugin
