#include "pending.h"

namespace streamhost::window {

void Pending::add_copy(const sh_record& record, void* state) {
  if (!copied_) {
    copies_.assign(batch_ + first_, batch_ + first_ + count_);
    copied_ = true;
  }
  copies_.push_back(record);
  if (states_.size() == count_) states_.resize(states_.size() * 2 + 16);
  states_[count_++] = state;
}

void Pending::flush(Logic& logic, Rejecter& bad) {
  if (count_ == 0) return;
  const sh_record* records = copied_ ? copies_.data() : batch_ + first_;
  logic.add(states_.data(), records, count_, port_, bad);
  clear();
}

}  // namespace streamhost::window
