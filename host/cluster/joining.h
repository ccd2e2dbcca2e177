// What a thread that waits in join() and the io thread tell each other.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "base/status.h"

namespace streamhost::cluster {

class Attempt;

class Joining {
 public:
  using Clock = std::chrono::steady_clock;

  // For a new join(); false when stop() was called. [the thread that joins]
  bool begin();
  // Waits until it is known how the join() ends, but not longer than `until`; true when it is.
  bool wait_until(Clock::time_point until);
  // How it has ended: with an attempt that runs, or why not. Once it is known, or to end it with
  // `otherwise` if it is not: what the io thread says later comes too late.
  Result<std::shared_ptr<Attempt>> end(const Status& otherwise);

  // The first of these counts. False: the join() is over already, or none has begun. [io]
  bool succeed(std::shared_ptr<Attempt> attempt);
  bool fail(Status why);
  // Ends this join(), and all to come. [any thread]
  void stop();

 private:
  bool is_known() const { return stopped_ || attempt_ != nullptr || !why_; }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool under_way_ = false;
  bool stopped_ = false;
  std::shared_ptr<Attempt> attempt_;
  Status why_;
};

}  // namespace streamhost::cluster
