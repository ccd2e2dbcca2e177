// A step without keyed state on one worker.
#pragma once

#include "engine/context.h"
#include "engine/receiver.h"
#include "engine/time_maker.h"

namespace streamhost {

class OperatorNode final : public Receiver {
 public:
  OperatorNode(StepContext& context, void* self)
      : context_(context), op_(*context.step().component.raw->op), self_(self), time_(context) {}

  // Once all origins are there; `step` is the operator's index in the dataflow.
  void open(std::vector<Origin*> origins, uint32_t step) {
    step_ = step;
    time_.open(std::move(origins), step);
  }
  TimeMaker& time() { return time_; }

  bool receive(const sh_batch& batch) override;
  bool end(bool drained) override;
  void add_gates(std::vector<const Gate*>& gates) const override {
    context_.out().add_gates(gates);
  }

 protected:
  bool aligned(uint64_t epoch) override;
  bool watermark_moved(int64_t us) override {
    // One that makes its own takes no notice of what upstream says, but for the end.
    if (time_.makes()) return true;
    return context_.out().watermark(context_.move_watermark(us));
  }

 private:
  using Call = sh_status (*)(void* self, sh_out* out, sh_error* error);
  bool call(Call function, const char* when);

  StepContext& context_;
  const sh_operator& op_;
  void* const self_;
  uint32_t step_ = 0;
  TimeMaker time_;
};

// Calls `call(batch, error)` on the batch, and again on what follows each record that it names as
// bad; those go to the step's on_error. False when the job is stopping.
template <class Call>
bool call_past_bad_records(StepContext& context, sh_batch batch, Call&& call) {
  for (;;) {
    sh_error error = fresh_error();
    const sh_status status = call(batch, error);
    if (status >= 0) return true;
    if (status == SH_E_STOPPED || context.job().stopping()) return context.fail("", error);
    if (status != SH_E_DATA || (error.flags & SH_ERR_RECORD) == 0 || error.record >= batch.count) {
      return context.fail("", error);
    }
    if (!context.reject_record(batch.records[error.record], error.message)) return false;
    const uint32_t done = error.record + 1;
    if (done == batch.count) return true;
    batch.records += done;
    batch.count -= done;
  }
}

// Takes the records without a key out of a batch, as bad records of the step; the others are put in
// `kept`. False when the job is stopping.
bool reject_keyless(StepContext& context, sh_batch& batch, std::vector<sh_record>& kept);

}  // namespace streamhost
