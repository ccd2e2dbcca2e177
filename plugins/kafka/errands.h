// A thread that makes calls which may block, one after another, for somebody who must not.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace kafka_plugin {

// Begins its thread with the first errand, and sleeps while there is none that is due. An errand
// must not throw.
class Errands {
 public:
  using Clock = std::chrono::steady_clock;
  using Errand = std::function<void()>;

  Errands() = default;
  ~Errands() { finish(); }
  Errands(const Errands&) = delete;
  Errands& operator=(const Errands&) = delete;

  // Runs `errand` after those that are due before it; drops it after finish(). [any thread]
  void post(Errand errand) { post_at(Clock::now(), std::move(errand)); }
  void post_in(std::chrono::milliseconds delay, Errand errand) {
    post_at(Clock::now() + delay, std::move(errand));
  }
  // Runs what was posted without delay, drops the rest, and ends the thread. [not an errand]
  void finish();
  // True from finish() on: an errand that tries something again and again gives up. [any thread]
  bool finishing() const;

 private:
  void post_at(Clock::time_point due, Errand errand);
  void run();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Clock::time_point, Errand> errands_;
  bool finishing_ = false;
  std::thread thread_;
};

}  // namespace kafka_plugin
