#include "cluster/strangers.h"

#include <utility>

namespace streamhost::cluster {

void Strangers::add(const Make& make, Stranger::Done done) {
  if (closed_) return;
  if (list_.size() >= kMost) make_room();
  const auto place = list_.emplace(list_.end());
  *place = make([this, place, done = std::move(done)](Stranger& stranger) {
    const std::shared_ptr<Stranger> ended = std::move(*place);
    list_.erase(place);
    done(stranger);
  });
  const std::shared_ptr<Stranger> stranger = *place;
  stranger->start(kMostTime);
}

void Strangers::make_room() {
  std::shared_ptr<Stranger> leaves;
  for (const auto& stranger : list_) {
    if (stranger->is_closed()) continue;
    if (leaves == nullptr) leaves = stranger;
    if (stranger->claimed() >= 0) continue;
    leaves = stranger;
    break;
  }
  if (leaves != nullptr) {
    leaves->close("it has said nothing so far, and too many others have called since");
  }
}

void Strangers::close() {
  closed_ = true;
  // Each takes itself off the list, now or when its last operation has ended.
  const auto all = list_;
  for (const auto& stranger : all) stranger->close("this process is stopping");
}

}  // namespace streamhost::cluster
