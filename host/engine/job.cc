#include "engine/job.h"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace streamhost {

Job::Job(const Dataflow& flow, Catalog& catalog, Log log, WallClock clock)
    : flow_(flow),
      catalog_(catalog),
      log_(std::move(log)),
      clock_(std::move(clock)),
      hub_(flow.run.workers, flow.run.batch_size, static_cast<uint64_t>(flow.run.memory)),
      progress_(flow.run.workers),
      scopes_(flow.run.workers),
      places_(flow.steps.size()),
      crash_(std::getenv("STREAMHOST_TEST_CRASH")) {
  find_places();
}

void Job::find_places() {
  std::map<uint32_t, std::vector<uint32_t>> groups;
  for (uint32_t s = 0; s < flow_.steps.size(); ++s) {
    if (flow_.steps[s].alignment) groups[*flow_.steps[s].alignment].push_back(s);
  }
  for (const auto& [group, sources] : groups) {
    const auto count = static_cast<uint32_t>(sources.size());
    Alignment& alignment = alignments_.emplace_back(hub_, workers(), count);
    for (uint32_t i = 0; i < count; ++i) places_[sources[i]] = {&alignment, i};
  }
}

bool Job::fail(const Step& step, const std::string& message) {
  return fail(Status::failed(step_name(step) + ": " + message));
}

bool Job::fail(Status status) {
  {
    const std::lock_guard lock(mutex_);
    if (outcome_.is_ok()) outcome_ = std::move(status);
  }
  {
    const std::lock_guard lock(meeting_);
    stopping_.store(true, std::memory_order_seq_cst);
  }
  met_.notify_all();
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

Status Job::open_snapshots() {
  if (flow_.recovery.directory.empty()) return Status::ok();
  auto opened = Snapshots::open(flow_, log_, crash_);
  if (!opened) return opened.status();
  snapshots_ = opened.take();
  if (const uint64_t epoch = snapshots_->resume_epoch(); epoch != 0) {
    log_->info("resuming from epoch {} of {}", epoch, flow_.recovery.directory);
  }
  return Status::ok();
}

// Whether anybody needs an epoch to end before the input does.
bool Job::keeps_epochs() const {
  return snapshots_ != nullptr ||
         std::any_of(flow_.steps.begin(), flow_.steps.end(), [](const Step& step) {
           return step.component.raw->sink != nullptr &&
                  step.component.raw->sink->commit != nullptr;
         });
}

void Job::plan_epochs() {
  Epochs::Hooks hooks;
  hooks.changed = [this] { hub_.wake_all(); };
  if (snapshots_ != nullptr) {
    hooks.sealed = [this](uint64_t epoch, const std::vector<uint32_t>& cleared) {
      crash_.pass("sealed");
      snapshots_->end_epoch(epoch, cleared, [this, epoch](const Status& outcome) {
        if (outcome) {
          epochs_->set_durable(epoch);
        } else {
          fail(outcome);
        }
      });
    };
  }
  const uint64_t first = snapshots_ == nullptr ? 1 : snapshots_->resume_epoch() + 1;
  first_epoch_is_empty_ = snapshots_ != nullptr && first == 1;
  epochs_ = std::make_unique<Epochs>(
      workers(), first, keeps_epochs() ? flow_.run.epoch_us : Epochs::kOnlyTheLast, hooks);
  if (first_epoch_is_empty_) epochs_->ask_now();
}

bool Job::meet(const std::function<Status()>& action) {
  std::unique_lock lock(meeting_);
  if (++arrived_ != workers()) {
    met_.wait(lock, [this, meeting = meetings_] { return meetings_ != meeting || stopping(); });
    return !stopping();
  }
  lock.unlock();
  const Status status = action && !stopping() ? action() : Status::ok();
  if (!status) return fail(status);
  lock.lock();
  arrived_ = 0;
  ++meetings_;
  met_.notify_all();
  return !stopping();
}

std::string step_name(const Step& step) {
  return "step \"" + step.id + "\" (" + step.component.id + ")";
}

}  // namespace streamhost
