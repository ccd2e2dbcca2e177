// A keyed step on the worker that owns the keys it sees.
#pragma once

#include "engine/keyed_step.h"
#include "engine/receiver.h"

namespace streamhost {

class KeyedNode final : public Receiver {
 public:
  KeyedNode(StepContext& context, void* self) : context_(context), step_(context, self) {
    context.set_timers(&step_);
  }

  // Once the graph is complete.
  void open() { context_.out().add_gates(gates_); }

  bool receive(const sh_batch& batch) override { return step_.process(batch); }
  // States that other workers saved: key and saved bytes in each record.
  bool receive_partials(const sh_batch& batch);
  bool end(bool drained) override;
  void add_gates(std::vector<const Gate*>& gates) const override {
    context_.out().add_gates(gates);
  }

  // Takes up what the snapshot has for this worker, and keeps snapshots from then on.
  bool resume(Snapshots& snapshots, uint32_t step) { return step_.resume(snapshots, step); }
  // True when everything of `epoch` is received, and saved.
  bool settled(uint64_t epoch) const { return passed_ >= epoch && !step_.has_frozen(); }
  // See KeyedStep.
  bool take_cleared() { return step_.take_cleared(); }

  // Saves some of what is to be saved, calls timers that are due, and goes on with an end that was
  // held back, while what is downstream takes it. Sets `progress` when anything was done.
  [[nodiscard]] bool run(int64_t now_us, bool* progress);
  // When run() has something to do next; INT64_MAX when there is nothing, or it is held back.
  int64_t next_timer_us() const;

 protected:
  bool aligned(uint64_t epoch) override;
  bool watermark_moved(int64_t us) override;

 private:
  bool go_on_watermark();
  bool go_on_ending();
  bool pass(uint64_t epoch);

  StepContext& context_;
  KeyedStep step_;
  std::vector<const Gate*> gates_;
  bool ending_ = false;                      // between the end of the input and the last result
  int64_t watermark_ = kNoWatermark;         // to be passed on once its timers were called
  int64_t passed_watermark_ = kNoWatermark;  // what was passed on last
  uint64_t passed_ = 0;                      // the epoch whose barrier was passed on last
  uint64_t waiting_ = 0;                     // one whose barrier waits for the last result; 0: none
};

}  // namespace streamhost
