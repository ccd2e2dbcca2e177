#include "engine/job.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "engine/agree.h"

namespace streamhost {

Job::Job(const Dataflow& flow, Catalog& catalog, Log log, WallClock clock,
         cluster::Members* members)
    : flow_(flow),
      catalog_(catalog),
      log_(std::move(log)),
      clock_(std::move(clock)),
      hub_(members == nullptr ? Topology(flow.run.workers)
                              : Topology(members->workers(), members->self()),
           flow.run.batch_size, static_cast<uint64_t>(flow.run.memory)),
      progress_(flow.run.workers),
      scopes_(flow.run.workers),
      places_(flow.steps.size()),
      crash_(std::getenv("STREAMHOST_TEST_CRASH")),
      members_(members) {
  if (members != nullptr) {
    peers_ = std::make_unique<Peers>(*members, hub_, flow.cluster.compression,
                                     [this](const Status& why) { fail(why); });
  }
  find_places();
}

// Others must hear nothing of this job from here on, nor it of them.
Job::~Job() { leave(Status(Code::kStopped, "")); }

void Job::find_places() {
  std::map<uint32_t, std::vector<uint32_t>> groups;
  for (uint32_t s = 0; s < flow_.steps.size(); ++s) {
    if (flow_.steps[s].alignment) groups[*flow_.steps[s].alignment].push_back(s);
  }
  std::function<void()> tell;
  if (peers_ != nullptr) tell = [this] { tell_time(); };
  for (const auto& [group, sources] : groups) {
    const auto count = static_cast<uint32_t>(sources.size());
    Alignment& alignment = alignments_.emplace_back(hub_, count, tell);
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
  if (states_ != nullptr) states_->stop();
  hub_.wake_all();
  return false;
}

Status Job::outcome() const {
  const std::lock_guard lock(mutex_);
  return outcome_;
}

void Job::drain() {
  {
    const std::lock_guard lock(leaving_);
    if (peers_ != nullptr && !left_) peers_->tell_drain();
  }
  drain_asked();
}

void Job::drain_asked() {
  draining_.store(true, std::memory_order_seq_cst);
  hub_.wake_all();
}

Status Job::open_snapshots() {
  if (flow_.recovery.directory.empty()) return Status::ok();
  auto opened = Snapshots::open(flow_, log_, crash_, peers_.get());
  if (!opened) return opened.status();
  snapshots_ = opened.take();
  resumed_ = snapshots_->resume_epoch() != 0;
  if (const uint64_t epoch = snapshots_->resume_epoch(); epoch != 0) {
    log_->info("resuming from epoch {} of {}", epoch, flow_.recovery.directory);
  }
  if (peers_ == nullptr) return Status::ok();
  std::vector<uint32_t> keyed;
  for (uint32_t s = 0; s < flow_.steps.size(); ++s) {
    if (flow_.steps[s].component.raw->keyed != nullptr && snapshots_->has_states(s)) {
      keyed.push_back(s);
    }
  }
  states_ = std::make_unique<StateExchange>(*peers_, *snapshots_, topology(), std::move(keyed),
                                            [this](const Status& why) { fail(why); });
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
  if (snapshots_ != nullptr) {
    // The pointer itself, as the store's thread may call this while the job lets the store go.
    hooks.durable = [store = snapshots_.get()](uint64_t epoch) { store->note_committed(epoch); };
  }
  if (peers_ != nullptr) hooks.tell = [this](const EpochNews& news) { peers_->tell(news); };
  const uint64_t first = snapshots_ == nullptr ? 1 : snapshots_->resume_epoch() + 1;
  first_epoch_is_empty_ = snapshots_ != nullptr && first == 1;
  epochs_ = std::make_unique<Epochs>(
      topology().local(), first, keeps_epochs() ? flow_.run.epoch_us : Epochs::kOnlyTheLast, hooks,
      Epochs::Place{topology().self(), topology().processes()});
  running_epochs_.store(epochs_.get(), std::memory_order_release);
}

Status Job::start() {
  if (peers_ != nullptr) {
    peers_->start(*this);
    if (const auto all = agree(members_, std::string()); !all) return all.status();
    if (states_ != nullptr) states_->start();
  }
  if (first_epoch_is_empty_) epochs_->ask_now();
  return Status::ok();
}

void Job::finish() {
  // Only when all have committed the last epoch, too, is nothing left that could be needed of this
  // process.
  if (members_ != nullptr && outcome()) {
    if (const auto all = agree(members_, std::string()); !all) fail(all.status());
  }
  leave(outcome());
  states_.reset();
  snapshots_.reset();
}

void Job::leave(const Status& why) {
  {
    const std::lock_guard lock(leaving_);
    if (peers_ == nullptr || std::exchange(left_, true)) return;
  }
  peers_->stop(why);
}

void Job::tell_time() {
  const std::lock_guard lock(telling_time_);
  std::vector<int64_t> least_us;
  for (const Alignment& alignment : alignments_) least_us.push_back(alignment.least_here());
  peers_->tell_time(least_us);
}

void Job::epoch(const EpochNews& news) {
  for (const uint32_t step : news.cleared) {
    if (step >= flow_.steps.size()) return lost(Status::failed("an epoch of another dataflow"));
  }
  epochs_->heard(news);
}

void Job::time(uint32_t process, const std::vector<int64_t>& least_us) {
  for (size_t i = 0; i < alignments_.size() && i < least_us.size(); ++i) {
    alignments_[i].reached_elsewhere(process, least_us[i]);
  }
}

Status Job::rows(uint32_t process, uint32_t number, std::string_view encoded) {
  if (snapshots_ == nullptr) return Status::failed("rows for a recovery store that is not there");
  bool owes = false;
  const Status status = snapshots_->add_foreign(process, number, encoded, &owes);
  if (owes) {
    owes_rows_.store(true, std::memory_order_seq_cst);
    hub_.parkers[0].wake();
  }
  return status;
}

void Job::rows_settled(uint64_t bytes) {
  if (snapshots_ != nullptr) snapshots_->settled(bytes);
}

Status Job::states(uint32_t process, cluster::Received& frame) {
  if (states_ == nullptr) return Status::failed("states for a job that resumes with none");
  return states_->take(process, frame);
}

Status Job::states_credit(uint32_t process, const cluster::Received& frame) {
  if (states_ == nullptr) return Status::failed("states for a job that resumes with none");
  return states_->take_credit(process, frame);
}

void Job::lost(const Status& why) { fail(why); }

bool Job::meet(const std::function<Status()>& action) {
  std::unique_lock lock(meeting_);
  if (++arrived_ != topology().local()) {
    met_.wait(lock, [this, meeting = meetings_] { return meetings_ != meeting || stopping(); });
    return !stopping();
  }
  lock.unlock();
  Status status = action && !stopping() ? action() : Status::ok();
  if (status && members_ != nullptr && !stopping()) {
    const auto all = agree(members_, std::string());
    if (!all) status = all.status();
  }
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
