// The part of a node that makes its step's watermark: what the step puts out is looked at, and the
// watermark that follows from it is passed on.
#pragma once

#include <memory>
#include <vector>

#include "engine/context.h"
#include "engine/watermark.h"

namespace streamhost {

// [worker] throughout. Does nothing for a step without `watermark`. Functions that return a bool
// say false when the job is stopping.
class TimeMaker {
 public:
  explicit TimeMaker(StepContext& context) : context_(context) {}

  // Begins with what an earlier run has stored, if anything; `step` is its index in the dataflow.
  void open(std::vector<Origin*> origins, uint32_t step);
  bool makes() const { return tracker_ != nullptr; }
  // One more origin, of which nothing is stored.
  void add(Origin* origin) {
    if (tracker_ != nullptr) tracker_->add(origin);
  }

  // A call has put records out, which came from `origin`.
  [[nodiscard]] bool put_out(Origin* origin) { return tracker_ == nullptr || note(origin); }
  // Passes the watermark on if it has moved, by the records or because a partition became idle.
  [[nodiscard]] bool advance(int64_t now_us, bool* progress);
  // All origins have ended: passes on how far time has come by them.
  [[nodiscard]] bool end();
  // When advance() has something to do though nothing comes; INT64_MAX: never.
  int64_t next_us(int64_t now_us) const {
    return tracker_ == nullptr ? INT64_MAX : tracker_->next_us(now_us);
  }
  // An epoch ends: what is to be stored of it.
  void add_rows(recovery::RowBlock& rows);

 private:
  bool note(Origin* origin);

  StepContext& context_;
  std::unique_ptr<WatermarkTracker> tracker_;
  int64_t passed_ = kNoWatermark;
};

}  // namespace streamhost
