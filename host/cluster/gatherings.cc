#include "cluster/gatherings.h"

#include <algorithm>
#include <utility>

namespace streamhost::cluster {

Status Gatherings::hand_in(size_t process, uint32_t number, std::string what) {
  {
    const std::lock_guard lock(mutex_);
    std::deque<std::string>& mine = handed_in_[process];
    if (mine.size() == kMostAhead || number != static_cast<uint32_t>(taken_ + mine.size())) {
      return Status::failed("it is at gathering " + std::to_string(number) + ", and this is at " +
                            std::to_string(taken_));
    }
    mine.push_back(std::move(what));
  }
  changed_.notify_all();
  return Status::ok();
}

bool Gatherings::is_complete() const {
  const std::lock_guard lock(mutex_);
  return complete();
}

std::vector<uint32_t> Gatherings::missing() const {
  const std::lock_guard lock(mutex_);
  std::vector<uint32_t> missing;
  for (uint32_t i = 0; i < handed_in_.size(); ++i) {
    if (handed_in_[i].empty()) missing.push_back(i);
  }
  return missing;
}

std::vector<std::string> Gatherings::take() {
  const std::lock_guard lock(mutex_);
  return pop();
}

Result<std::vector<std::string>> Gatherings::wait() {
  std::unique_lock lock(mutex_);
  for (;;) {
    // What all have handed in is theirs, whatever has happened since.
    if (complete()) return pop();
    if (!ended_) return ended_;
    for (size_t i = 0; i < left_.size(); ++i) {
      if (!left_[i] && handed_in_[i].empty()) return left_[i];
    }
    changed_.wait(lock);
  }
}

void Gatherings::end(const Status& why) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) ended_ = why;
  }
  changed_.notify_all();
}

void Gatherings::leave(size_t process, const Status& why) {
  {
    const std::lock_guard lock(mutex_);
    left_.resize(handed_in_.size());
    left_[process] = why;
  }
  changed_.notify_all();
}

void Gatherings::forget(size_t process) {
  const std::lock_guard lock(mutex_);
  handed_in_[process].clear();
}

bool Gatherings::complete() const {
  return std::none_of(handed_in_.begin(), handed_in_.end(),
                      [](const auto& mine) { return mine.empty(); });
}

std::vector<std::string> Gatherings::pop() {
  std::vector<std::string> all;
  all.reserve(handed_in_.size());
  for (auto& mine : handed_in_) {
    all.push_back(std::move(mine.front()));
    mine.pop_front();
  }
  ++taken_;
  return all;
}

}  // namespace streamhost::cluster
