#include "engine/worker.h"

#include <pthread.h>

#include <algorithm>
#include <thread>

#include "base/crash_guard.h"

namespace streamhost {
namespace {

constexpr int64_t kSpinUs = 20;      // before a worker without work goes to sleep
constexpr int64_t kFlushUs = 1'000;  // a partial block waits no longer while the worker is busy
constexpr int64_t kSinkFlushUs = 100'000;  // nor what a sink has buffered
constexpr int64_t kReportUs = 50'000;      // between two updates of the figures for progress
constexpr int64_t kCongestedUs = 2'000;    // before the store is offered more rows again

}  // namespace

Worker::Worker(Job& job, uint32_t index)
    : job_(job),
      index_(index),
      parts_(job.flow().steps.size()),
      may_spin_(job.topology().local() <= std::thread::hardware_concurrency()) {}

Worker::~Worker() = default;

void Worker::create(Diagnostics& diagnostics, Status& failure) {
  for (uint32_t s = 0; s < parts_.size(); ++s) {
    const Step& step = job_.flow().steps[s];
    parts_[s].context = std::make_unique<StepContext>(job_, step, index_);
    auto instance = Instance::create(*parts_[s].context);
    if (instance) {
      parts_[s].instance.emplace(instance.take());
    } else if (instance.status().code() == Code::kUsage) {
      diagnostics.error(step.where, step_name(step) + ": " + instance.status().message());
    } else if (failure.is_ok()) {
      failure = Status::failed(step_name(step) + ": " + instance.status().message());
    }
  }
}

void Worker::build(const std::vector<StepPlan>& plans) {
  plans_ = &plans;
  for (uint32_t s = 0; s < parts_.size(); ++s) build_step(s, plans[s]);
  for (uint32_t s = 0; s < parts_.size(); ++s) {
    for (const Input& input : job_.flow().steps[s].inputs) {
      parts_[input.step].context->out().connect(input.output_port,
                                                {parts_[s].entry, input.input_port});
    }
  }
  for (Parts& p : parts_) {
    if (p.inbox) p.inbox->open();
    if (p.keyed) p.keyed->open();
  }
}

void Worker::build_step(uint32_t s, const StepPlan& plan) {
  Parts& p = parts_[s];
  StepContext& context = *p.context;
  void* self = p.instance->self();
  const Component& component = context.step().component;
  Receiver* node = nullptr;
  if (component.raw->source != nullptr) {
    p.source = std::make_unique<SourceNode>(context, self, job_.place_in_alignment(s));
    return;
  }
  if (component.raw->sink != nullptr) {
    p.sink = std::make_unique<SinkNode>(context, self, plan.sink);
    node = p.sink.get();
    if (plan.channel) {
      p.route =
          std::make_unique<PartitionRoute>(context, self, plan.sink, *plan.channel, index_, *node);
    }
  } else if (component.raw->keyed != nullptr) {
    p.keyed = std::make_unique<KeyedNode>(context, self);
    node = p.keyed.get();
    if (plan.channel && plan.combines) {
      const auto limit = static_cast<size_t>(job_.flow().run.memory) / 4 / job_.topology().local();
      p.route = std::make_unique<CombineRoute>(context, self, *plan.channel, index_, *node, limit);
    } else if (plan.channel) {
      p.route = std::make_unique<KeyRoute>(*plan.channel, index_, *node);
    }
  } else {
    p.op = std::make_unique<OperatorNode>(context, self);
    node = p.op.get();
    if (plan.channel) p.route = std::make_unique<SpreadRoute>(*plan.channel, index_, *node);
  }
  if (plan.channel) {
    p.inbox = std::make_unique<Inbox>(*plan.channel, index_, *p.route, *node, p.keyed.get(),
                                      job_.scope(index_));
  }
  p.entry = p.route ? p.route.get() : node;
}

void Worker::run() {
  pthread_setname_np(pthread_self(), ("worker " + std::to_string(index_)).c_str());
  const CrashStack stack;
  last_flush_us_ = last_report_us_ = steady_now_us();
  if (!open(*plans_) || !loop()) end_badly();
  if (waits_for_memory_) job_.hub().memory_waiters.fetch_sub(1, std::memory_order_seq_cst);
  report_progress();
  // Partitions are closed by the thread that used them.
  for (Parts& p : parts_) {
    p.inbox.reset();
    p.route.reset();
    p.source.reset();
    p.sink.reset();
    p.keyed.reset();
    p.op.reset();
  }
}

// What can never be sealed is given up. What is sealed, here or perhaps by other processes, is left
// to the next run, which knows and commits it or removes it; but where there is no store nobody
// else would commit it.
void Worker::end_badly() {
  const Epochs::Fate fate = job_.epochs().give_up();
  for (Parts& p : parts_) {
    if (!p.sink) continue;
    if (fate == Epochs::Fate::kVoid) {
      p.sink->abort();
    } else if (fate == Epochs::Fate::kStands && job_.snapshots() == nullptr) {
      p.sink->finish_commit(
          [&](int64_t until_us) { wait_until(until_us, p.context->wake_target()); });
    }
  }
}

bool Worker::open(const std::vector<StepPlan>& plans) {
  Snapshots* snapshots = job_.snapshots();
  epoch_ = job_.epochs().first() - 1;
  for (Parts& p : parts_) p.context->set_epoch(epoch_ + 1);
  // Sources first: where the input cannot be read, the output of an earlier run stays as it is.
  for (uint32_t s = 0; s < parts_.size(); ++s) {
    Parts& p = parts_[s];
    if (p.source && !p.source->open(plans[s].source_partitions, snapshots, s)) return false;
  }
  for (uint32_t s = 0; s < parts_.size(); ++s) {
    if (parts_[s].op) parts_[s].op->open(origins_of(s), s);
  }
  if (snapshots != nullptr && !resume(*snapshots)) return false;
  for (Parts& p : parts_) {
    if (p.sink && !p.sink->open()) return false;
  }
  if (is_first()) job_.epochs().start(steady_now_us());
  job_.crash().pass("resumed");
  bool progress = false;
  for (Parts& p : parts_) {
    if (p.source && !p.source->start()) return false;
    if (p.op && !p.op->time().advance(job_.now_us(), &progress)) return false;
  }
  return true;
}

// Where the records that reach a step here come from: partitions that this worker reads, or lanes.
std::vector<Origin*> Worker::origins_of(uint32_t s) {
  std::vector<Origin*> origins;
  Parts& p = parts_[s];
  if (p.source) {
    p.source->add_origins(origins);
  } else if (p.inbox) {
    for (Origin& lane : p.inbox->lanes()) origins.push_back(&lane);
  } else {
    for (const Input& input : job_.flow().steps[s].inputs) {
      for (Origin* origin : origins_of(input.step)) {
        if (std::find(origins.begin(), origins.end(), origin) == origins.end()) {
          origins.push_back(origin);
        }
      }
    }
  }
  return origins;
}

bool Worker::resume(Snapshots& snapshots) {
  for (uint32_t s = 0; s < parts_.size(); ++s) {
    if (parts_[s].keyed && !parts_[s].keyed->resume(snapshots, s)) return false;
  }
  // Nobody refuses any more: what is done to the world begins here.
  if (!job_.meet(nullptr)) return false;
  for (uint32_t s = 0; s < parts_.size(); ++s) {
    if (parts_[s].sink && !parts_[s].sink->abort_past(snapshots, s)) return false;
  }
  // The store was not changed so far; from here on this is its newest execution.
  const auto begin = [&] {
    if (job_.states() != nullptr) job_.states()->wait_until_sent();
    return snapshots.begin();
  };
  if (!job_.meet(begin)) return false;
  for (Parts& p : parts_) {
    const auto wait = [&](int64_t until_us) { wait_until(until_us, p.context->wake_target()); };
    if (p.sink && !p.sink->commit_past(wait)) return false;
  }
  return job_.meet(nullptr);
}

bool Worker::settled() const {
  return std::all_of(parts_.begin(), parts_.end(), [this](const Parts& p) {
    return p.context->epoch_in_hand() > epoch_ && (!p.keyed || p.keyed->settled(epoch_)) &&
           (!p.sink || p.sink->settled(epoch_));
  });
}

bool Worker::go_on_epoch(int64_t steady_us, bool* progress) {
  Epochs& epochs = job_.epochs();
  if (!sources_ended_ && std::all_of(parts_.begin(), parts_.end(), [](const Parts& p) {
        return !p.source || p.source->ended();
      })) {
    sources_ended_ = *progress = true;
    epochs.sources_ended();
  }
  if (is_first()) {
    epochs.tick(steady_us);
    job_.settle_rows();
  }
  if (epochs.asked() > epoch_) {
    epoch_ = epochs.asked();
    saving_ = *progress = true;
    job_.crash().pass(epochs.last() ? "final" : "barrier");
    for (Parts& p : parts_) {
      if (p.source && !p.source->barrier(epoch_)) return false;
    }
  }
  if (saving_ && settled()) {
    saving_ = false;
    *progress = true;
    std::vector<uint32_t> cleared;
    for (uint32_t s = 0; s < parts_.size(); ++s) {
      if (parts_[s].keyed && parts_[s].keyed->take_cleared()) cleared.push_back(s);
    }
    job_.crash().pass("saved");
    committing_ = true;
    epochs.saved(cleared);
  }
  if (!committing_ || epochs.durable() != epoch_) return true;
  if (!told_durable_) {
    told_durable_ = *progress = true;
    job_.crash().pass("durable");
    for (Parts& p : parts_) {
      if (p.source) p.source->durable(epoch_);
      if (p.sink) p.sink->commit(epoch_);
    }
    const int64_t now_us = job_.now_us();
    for (Parts& p : parts_) {
      if (p.sink && !p.sink->go_on(now_us, progress)) return false;
    }
  }
  for (const Parts& p : parts_) {
    if (p.sink && p.sink->committing()) return true;
  }
  *progress = true;
  committing_ = told_durable_ = false;
  job_.crash().pass("committed");
  committed_last_ = epochs.last();
  epochs.committed_here();
  return true;
}

bool Worker::loop() {
  while (!committed_last_) {
    if (job_.stopping()) return false;
    const int64_t now_us = job_.now_us();
    bool progress = false;
    if (!go_on_epoch(steady_now_us(), &progress)) return false;
    if (!iterate(now_us, &progress)) return false;
    const int64_t steady_us = steady_now_us();
    if (!progress || steady_us - last_flush_us_ >= kFlushUs) {
      last_flush_us_ = steady_us;
      if (!flush(&progress)) return false;
    }
    if (steady_us - last_report_us_ >= kReportUs) {
      last_report_us_ = steady_us;
      report_progress();
    }
    if (progress) {
      idle_since_us_ = 0;
      if (std::exchange(announced_, false)) job_.hub().parker(index_).cancel();
    } else {
      rest(now_us);
    }
  }
  return true;
}

bool Worker::iterate(int64_t now_us, bool* progress) {
  if (!draining_ && job_.draining()) {
    draining_ = true;
    for (Parts& p : parts_) {
      if (p.source && !p.source->drain()) return false;
    }
    *progress = true;
  }
  // From the sinks up: what is nearest to the end of its way goes first, and frees the rest.
  for (size_t s = parts_.size(); s-- != 0;) {
    Parts& p = parts_[s];
    if (p.sink && !p.sink->go_on(now_us, progress)) return false;
    if (p.route && !p.route->go_on(progress)) return false;
    if (p.keyed && !p.keyed->run(now_us, progress)) return false;
    if (p.inbox && !p.inbox->run(now_us, progress)) return false;
    if (p.op && !p.op->time().advance(now_us, progress)) return false;
    if (p.source && !p.source->time().advance(now_us, progress)) return false;
  }
  const bool reads = std::any_of(parts_.begin(), parts_.end(),
                                 [](const Parts& p) { return p.source && !p.source->ended(); });
  if (!reads || !job_.may_read() || !memory_free()) return true;
  for (Parts& p : parts_) {
    if (!p.source || p.source->ended()) continue;
    if (!p.source->run(now_us, progress)) return false;
    add_new_origins(p.source->take_new_origins());
  }
  return true;
}

// Steps that make a watermark learn of partitions that came up.
void Worker::add_new_origins(const std::vector<Origin*>& added) {
  if (added.empty()) return;
  for (uint32_t s = 0; s < parts_.size(); ++s) {
    if (!parts_[s].op || !parts_[s].op->time().makes()) continue;
    const std::vector<Origin*> reach = origins_of(s);
    for (Origin* origin : added) {
      if (std::find(reach.begin(), reach.end(), origin) != reach.end()) {
        parts_[s].op->time().add(origin);
      }
    }
  }
}

bool Worker::memory_free() {
  ExchangeHub& hub = job_.hub();
  if (hub.memory_free()) {
    if (std::exchange(waits_for_memory_, false)) {
      hub.memory_waiters.fetch_sub(1, std::memory_order_seq_cst);
    }
    return true;
  }
  if (!std::exchange(waits_for_memory_, true)) {
    hub.memory_waiters.fetch_add(1, std::memory_order_seq_cst);
  }
  return hub.memory_free();
}

bool Worker::flush(bool* progress) {
  for (Parts& p : parts_) {
    if (p.route && p.route->outbox().dirty()) {
      p.route->outbox().flush();
      *progress = true;
    }
  }
  // Sinks when there is nothing else to do, for a busy one fills its buffers; but beside a step
  // that is always busy, now and then all the same.
  const int64_t steady_us = steady_now_us();
  if (*progress && steady_us - last_sink_flush_us_ < kSinkFlushUs) return true;
  last_sink_flush_us_ = steady_us;
  for (Parts& p : parts_) {
    if (p.sink && !p.sink->flush()) return false;
  }
  return true;
}

int64_t Worker::next_event_us() const {
  int64_t next = INT64_MAX;
  const int64_t now_us = job_.now_us();
  for (const Parts& p : parts_) {
    if (p.op) next = std::min(next, p.op->time().next_us(now_us));
    if (p.source) next = std::min(next, p.source->time().next_us(now_us));
    // One that waits for memory is let go by whoever frees some, not by its clock.
    const bool waits = waits_for_memory_ || !job_.may_read();
    if (p.source && !waits && !p.source->ended() && !p.source->blocked()) {
      next = std::min(next, p.source->next_poll_us());
    }
    if (p.sink) next = std::min(next, p.sink->next_us());
    if (p.keyed) next = std::min(next, p.keyed->next_timer_us());
  }
  return next;
}

void Worker::rest(int64_t now_us) {
  Parker& parker = job_.hub().parker(index_);
  const int64_t steady_us = steady_now_us();
  if (idle_since_us_ == 0) idle_since_us_ = steady_us;
  if (may_spin_ && steady_us - idle_since_us_ < kSpinUs) return;
  // The first time only announce, and look for work once more; see Parker.
  if (!std::exchange(announced_, true)) {
    parker.announce();
    return;
  }
  announced_ = false;
  int64_t wait = INT64_MAX;
  if (const int64_t next = next_event_us(); next != INT64_MAX) {
    wait = std::max<int64_t>(0, next - now_us);
  }
  if (const int64_t due = is_first() ? job_.epochs().due_us() : INT64_MAX; due != INT64_MAX) {
    wait = std::min(wait, std::max<int64_t>(0, due - steady_us));
  }
  const bool congested = saving_ && job_.snapshots() != nullptr && job_.snapshots()->congested();
  if (congested || (is_first() && job_.owes_rows())) {
    wait = std::min(wait, kCongestedUs);
  }
  parker.wait(wait == INT64_MAX ? -1 : wait);
}

void Worker::wait_until(int64_t until_us, const WakeTarget& target) {
  Parker& parker = job_.hub().parker(index_);
  parker.announce();
  // The last look, as whoever wakes us from here on finds the announcement.
  if (job_.stopping() || target.woken.load(std::memory_order_seq_cst)) {
    parker.cancel();
    return;
  }
  parker.wait(until_us == INT64_MAX ? -1 : std::max<int64_t>(0, until_us - job_.now_us()));
}

void Worker::report_progress() {
  uint64_t records = 0, done = 0, total = 0;
  bool any = false;
  for (const Parts& p : parts_) {
    if (!p.source) continue;
    any = true;
    p.source->add_progress(&records, &done, &total);
  }
  if (!any) return;
  WorkerProgress& progress = job_.progress()[job_.topology().local_index(index_)];
  progress.records.store(records, std::memory_order_relaxed);
  progress.bytes_done.store(done, std::memory_order_relaxed);
  progress.bytes_total.store(total, std::memory_order_relaxed);
}

}  // namespace streamhost
