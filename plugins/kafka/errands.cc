#include "errands.h"

namespace kafka_plugin {

void Errands::post_at(Clock::time_point due, Errand errand) {
  const std::lock_guard lock(mutex_);
  if (finishing_) return;
  errands_.emplace(due, std::move(errand));
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
}

void Errands::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    errands_.erase(errands_.upper_bound(Clock::now()), errands_.end());
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

bool Errands::finishing() const {
  const std::lock_guard lock(mutex_);
  return finishing_;
}

void Errands::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (errands_.empty()) {
      if (finishing_) return;
      changed_.wait(lock);
      continue;
    }
    const auto first = errands_.begin();
    if (first->first > Clock::now()) {
      changed_.wait_until(lock, Clock::time_point(first->first));
      continue;
    }
    Errand errand = std::move(first->second);
    errands_.erase(first);
    lock.unlock();
    errand();
    errand = nullptr;
    lock.lock();
  }
}

}  // namespace kafka_plugin
