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

  bool receive(const sh_batch& batch) override { return step_.process(batch); }
  // States that other workers saved: key and saved bytes in each record.
  bool receive_partials(const sh_batch& batch);
  bool end(bool drained) override;
  void add_gates(std::vector<const Gate*>& gates) const override {
    context_.out().add_gates(gates);
  }

  KeyedStep& step() { return step_; }

 private:
  StepContext& context_;
  KeyedStep step_;
};

}  // namespace streamhost
