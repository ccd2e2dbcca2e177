#include "cluster/joining.h"

#include <utility>

namespace streamhost::cluster {

bool Joining::begin() {
  const std::lock_guard lock(mutex_);
  under_way_ = true;
  attempt_ = nullptr;
  why_ = Status::ok();
  return !stopped_;
}

bool Joining::wait_until(Clock::time_point until) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, until, [this] { return is_known(); });
}

Result<std::shared_ptr<Attempt>> Joining::end(const Status& otherwise) {
  const std::lock_guard lock(mutex_);
  under_way_ = false;
  if (stopped_) return Status(Code::kStopped, "the process is stopping");
  if (!why_) return why_;
  if (attempt_ != nullptr) return std::exchange(attempt_, nullptr);
  return otherwise;
}

bool Joining::succeed(std::shared_ptr<Attempt> attempt) {
  {
    const std::lock_guard lock(mutex_);
    if (!under_way_ || is_known()) return false;
    attempt_ = std::move(attempt);
  }
  changed_.notify_all();
  return true;
}

bool Joining::fail(Status why) {
  {
    const std::lock_guard lock(mutex_);
    if (!under_way_ || is_known()) return false;
    why_ = std::move(why);
  }
  changed_.notify_all();
  return true;
}

void Joining::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

}  // namespace streamhost::cluster
