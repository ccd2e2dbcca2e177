#include "engine/job.h"

namespace streamhost {

Job::Job(const Dataflow& flow, Catalog& catalog, Log log, WallClock clock)
    : flow_(flow),
      catalog_(catalog),
      log_(std::move(log)),
      clock_(std::move(clock)),
      hub_(flow.run.workers, flow.run.batch_size, static_cast<uint64_t>(flow.run.memory)),
      progress_(flow.run.workers) {}

bool Job::fail(const Step& step, const std::string& message) {
  return fail(Status::failed(step_name(step) + ": " + message));
}

bool Job::fail(Status status) {
  {
    const std::lock_guard lock(mutex_);
    if (outcome_.is_ok()) outcome_ = std::move(status);
  }
  stopping_.store(true, std::memory_order_seq_cst);
  hub_.wake_all();
  return false;
}

Status Job::outcome() const {
  const std::lock_guard lock(mutex_);
  return outcome_;
}

void Job::drain() {
  draining_.store(true, std::memory_order_seq_cst);
  hub_.wake_all();
}

void Job::prepared() {
  prepared_.fetch_add(1, std::memory_order_seq_cst);
  hub_.wake_all();
}

std::string step_name(const Step& step) {
  return "step \"" + step.id + "\" (" + step.component.id + ")";
}

}  // namespace streamhost
