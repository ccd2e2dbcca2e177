// A thread that waits for brokers so that the worker need not: one job at a time, and a clock.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <streamhost/sdk.hpp>
#include <thread>

namespace kafka_plugin {

class Background {
 public:
  using Clock = std::chrono::steady_clock;
  // What a job gets: true once it should give up, between two waits of a second at most.
  using Stop = std::atomic<bool>;

  explicit Background(streamhost::Waker waker);
  // Asks the running job to give up, and waits for it.
  ~Background();

  // Runs `job` on the thread and wakes the worker when it has ended. None may be running. [worker]
  void start(std::function<void(const Stop& stop)> job);
  bool running() const { return running_.load(std::memory_order_acquire); }
  // Throws what the last job threw, if anything. None may be running. [worker]
  void check();

  // Calls `what` on the thread at that time, unless it is told another time or none before; while a
  // job runs, when it has ended. `what` must live on. [worker]
  void alarm(Clock::time_point at, std::function<void()> what);
  void no_alarm();

 private:
  void run();

  const streamhost::Waker waker_;
  Stop stop_{false};
  std::atomic<bool> running_{false};
  std::exception_ptr failure_;
  std::mutex mutex_;  // of the next
  std::condition_variable changed_;
  std::function<void(const Stop&)> job_;
  std::function<void()> alarm_;
  Clock::time_point alarm_at_;
  std::thread thread_;
};

}  // namespace kafka_plugin
