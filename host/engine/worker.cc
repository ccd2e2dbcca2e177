#include "engine/worker.h"

#include <algorithm>
#include <thread>

#include "base/crash_guard.h"

namespace streamhost {
namespace {

constexpr int64_t kSpinUs = 20;      // before a worker without work goes to sleep
constexpr int64_t kFlushUs = 1'000;  // a partial block waits no longer while the worker is busy
constexpr int64_t kSinkFlushUs = 100'000;  // nor what a sink has buffered
constexpr int64_t kReportUs = 50'000;      // between two updates of the figures for progress

}  // namespace

Worker::Worker(Job& job, uint32_t index)
    : job_(job),
      index_(index),
      parts_(job.flow().steps.size()),
      may_spin_(job.workers() <= std::thread::hardware_concurrency()) {}

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
    p.source = std::make_unique<SourceNode>(context, self);
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
      const auto limit = static_cast<size_t>(job_.flow().run.memory) / 4 / job_.workers();
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
    p.inbox = std::make_unique<Inbox>(*plan.channel, index_, *node, p.keyed.get());
  }
  p.entry = p.route ? p.route.get() : node;
}

void Worker::run() {
  const CrashStack stack;
  last_flush_us_ = last_report_us_ = steady_now_us();
  if (open(*plans_) && loop()) end_epoch();
  if (waits_for_memory_) job_.hub().memory_waiters.fetch_sub(1, std::memory_order_seq_cst);
  report_progress();
  // Partitions are closed by the thread that used them.
  for (Parts& p : parts_) {
    // Once all have prepared the epoch is decided, and nobody takes it back.
    if (p.sink && !job_.all_prepared()) p.sink->abort();
    p.inbox.reset();
    p.route.reset();
    p.source.reset();
    p.sink.reset();
    p.keyed.reset();
    p.op.reset();
  }
}

bool Worker::open(const std::vector<StepPlan>& plans) {
  // Sources first: where the input cannot be read, the output of an earlier run stays as it is.
  for (uint32_t s = 0; s < parts_.size(); ++s) {
    if (parts_[s].source && !parts_[s].source->open(plans[s].source_partitions[index_])) {
      return false;
    }
  }
  for (Parts& p : parts_) {
    if (p.sink && !p.sink->open()) return false;
  }
  for (Parts& p : parts_) {
    if (p.source && !p.source->start()) return false;
  }
  return true;
}

bool Worker::finished() const {
  return std::all_of(parts_.begin(), parts_.end(), [](const Parts& p) {
    return (!p.source || p.source->ended()) && (!p.inbox || p.inbox->ended()) &&
           (!p.route || !p.route->blocked()) && (!p.keyed || !p.keyed->ending()) &&
           (!p.sink || (p.sink->ended() && !p.sink->blocked()));
  });
}

bool Worker::loop() {
  while (!finished()) {
    if (job_.stopping()) return false;
    const int64_t now_us = job_.now_us();
    bool progress = false;
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
      if (std::exchange(announced_, false)) job_.hub().parkers[index_].cancel();
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
    if (p.sink && !p.sink->retry(now_us, progress)) return false;
    if (p.route && !p.route->go_on(progress)) return false;
    if (p.keyed && !p.keyed->run(now_us, progress)) return false;
    if (p.inbox && !p.inbox->run(progress)) return false;
  }
  const bool reads = std::any_of(parts_.begin(), parts_.end(),
                                 [](const Parts& p) { return p.source && !p.source->ended(); });
  if (!reads || !memory_free()) return true;
  for (Parts& p : parts_) {
    if (p.source && !p.source->ended() && !p.source->run(now_us, progress)) return false;
  }
  return true;
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
  for (const Parts& p : parts_) {
    // One that waits for memory is let go by whoever frees some, not by its clock.
    if (p.source && !waits_for_memory_ && !p.source->ended() && !p.source->blocked()) {
      next = std::min(next, p.source->next_poll_us());
    }
    if (p.sink) next = std::min(next, p.sink->next_retry_us());
    if (p.keyed) next = std::min(next, p.keyed->next_timer_us());
  }
  return next;
}

void Worker::rest(int64_t now_us) {
  Parker& parker = job_.hub().parkers[index_];
  const int64_t steady_us = steady_now_us();
  if (idle_since_us_ == 0) idle_since_us_ = steady_us;
  if (may_spin_ && steady_us - idle_since_us_ < kSpinUs) return;
  // The first time only announce, and look for work once more; see Parker.
  if (!std::exchange(announced_, true)) {
    parker.announce();
    return;
  }
  announced_ = false;
  const int64_t next = next_event_us();
  parker.wait(next == INT64_MAX ? -1 : std::max<int64_t>(0, next - now_us));
}

bool Worker::end_epoch() {
  const auto wait = [this](int64_t until_us) { wait_until(until_us); };
  for (Parts& p : parts_) {
    if (p.sink && !p.sink->prepare(1, wait)) return false;
  }
  job_.prepared();
  wait_for_all_prepared();
  if (!job_.all_prepared()) return false;
  // All or none: one that fails keeps no other from committing.
  bool ok = true;
  for (Parts& p : parts_) {
    if (p.sink && !p.sink->commit(1, wait)) ok = false;
  }
  return ok;
}

void Worker::wait_until(int64_t until_us) {
  Parker& parker = job_.hub().parkers[index_];
  parker.announce();
  if (job_.stopping()) {
    parker.cancel();
    return;
  }
  parker.wait(until_us == INT64_MAX ? -1 : std::max<int64_t>(0, until_us - job_.now_us()));
}

void Worker::wait_for_all_prepared() {
  Parker& parker = job_.hub().parkers[index_];
  for (;;) {
    parker.announce();
    if (job_.all_prepared() || job_.stopping()) break;
    parker.wait(-1);
  }
  parker.cancel();
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
  WorkerProgress& progress = job_.progress()[index_];
  progress.records.store(records, std::memory_order_relaxed);
  progress.bytes_done.store(done, std::memory_order_relaxed);
  progress.bytes_total.store(total, std::memory_order_relaxed);
}

}  // namespace streamhost
