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
  // The input of a job that keeps snapshots goes on in a later run.
  if (this->drained() && context_.job().snapshots() != nullptr) {
    return context_.out().end(this->drained());
  }
  // The results change states, so what is still to be saved of them comes first.
  for (bool done = !step_.has_frozen(); !done;) {
    if (!step_.save_frozen(&done)) return false;
  }
  ending_ = true;
  return go_on_ending();
}

bool KeyedNode::aligned(uint64_t epoch) {
  if (!ending_) return pass(epoch);
  waiting_ = epoch;
  return true;
}

bool KeyedNode::pass(uint64_t epoch) {
  passed_ = epoch;
  step_.freeze();
  context_.set_epoch(epoch + 1);
  context_.job().crash().pass("aligned");
  return context_.out().barrier(epoch);
}

bool KeyedNode::watermark_moved(int64_t us) {
  watermark_ = context_.move_watermark(us);
  return go_on_watermark();
}

// Calls the timers of the event clock that are due, as long as what is downstream takes what they
// put out, and then passes the watermark on.
bool KeyedNode::go_on_watermark() {
  while (watermark_ != passed_watermark_ && !any_blocked(gates_)) {
    bool done = false;
    if (!step_.fire_event(context_.watermark_us(), &done)) return false;
    if (!done) continue;
    passed_watermark_ = watermark_;
    return context_.out().watermark(watermark_);
  }
  return true;
}

bool KeyedNode::go_on_ending() {
  if (!go_on_watermark()) return false;
  if (watermark_ != passed_watermark_) return true;
  // A large table's results are held back like any others.
  while (ending_ && !any_blocked(gates_)) {
    bool done = false;
    if (!step_.finish_some(&done)) return false;
    if (done) {
      ending_ = false;
      if (!context_.out().end(drained())) return false;
      return waiting_ == 0 || pass(std::exchange(waiting_, 0));
    }
  }
  return true;
}

bool KeyedNode::run(int64_t now_us, bool* progress) {
  if (step_.has_frozen() && !context_.job().snapshots()->congested()) {
    bool done = false;
    *progress = true;
    if (!step_.save_frozen(&done)) return false;
  }
  if (any_blocked(gates_)) return true;
  if (ending_) {
    *progress = true;
    return go_on_ending();
  }
  if (watermark_ != passed_watermark_) {
    *progress = true;
    if (!go_on_watermark()) return false;
  } else if (step_.event_due(context_.watermark_us())) {
    *progress = true;
    bool done = false;
    return step_.fire_event(context_.watermark_us(), &done);
  }
  if (step_.next_timer_us() > now_us) return true;
  *progress = true;
  return step_.fire(now_us);
}

int64_t KeyedNode::next_timer_us() const {
  if (ending_ || any_blocked(gates_)) return INT64_MAX;
  // What was set to a time that the watermark has reached already is due now.
  return step_.event_due(context_.watermark_us()) ? INT64_MIN : step_.next_timer_us();
}

}  // namespace streamhost
