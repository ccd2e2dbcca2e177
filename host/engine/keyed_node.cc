#include "engine/keyed_node.h"

namespace streamhost {

bool KeyedNode::receive_partials(const sh_batch& batch) {
  for (uint32_t i = 0; i < batch.count; ++i) {
    if (!step_.merge_saved(batch.records[i])) return false;
  }
  return true;
}

bool KeyedNode::end(bool drained) {
  if (!last_end(drained)) return true;
  ending_ = true;
  return go_on_ending();
}

bool KeyedNode::go_on_ending() {
  // A large table's results are held back like any others.
  while (ending_ && !any_blocked(gates_)) {
    bool done = false;
    if (!step_.finish_some(&done)) return false;
    if (done) {
      ending_ = false;
      return context_.out().end(drained());
    }
  }
  return true;
}

bool KeyedNode::run(int64_t now_us, bool* progress) {
  if (any_blocked(gates_)) return true;
  if (ending_) {
    *progress = true;
    return go_on_ending();
  }
  if (step_.next_timer_us() > now_us) return true;
  *progress = true;
  return step_.fire(now_us);
}

int64_t KeyedNode::next_timer_us() const {
  return ending_ || any_blocked(gates_) ? INT64_MAX : step_.next_timer_us();
}

}  // namespace streamhost
