#include "step.h"

#include "agg/collect.h"
#include "agg/component.h"
#include "agg/numbers.h"
#include "aggregate_logic.h"
#include "join_logic.h"

namespace streamhost::window {
namespace {

std::unique_ptr<Logic> logic_of(const Context& ctx, const Config& config, Computes computes) {
  const auto own = [&]<class T>(std::type_identity<T>) -> std::unique_ptr<Logic> {
    return std::make_unique<AggregateLogic>(ctx, agg::component<T>(), T::kName, config);
  };
  switch (computes) {
    case Computes::kCount: return own(std::type_identity<agg::Count>());
    case Computes::kMin: return own(std::type_identity<agg::Min>());
    case Computes::kMax: return own(std::type_identity<agg::Max>());
    case Computes::kCollect: return own(std::type_identity<agg::Collect>());
    case Computes::kJoin: return std::make_unique<JoinLogic>(config);
    case Computes::kAggregate: break;
  }
  return std::make_unique<AggregateLogic>(ctx, config.components("aggregate"));
}

constexpr uint32_t kLot = 32;  // keys of which the panes are fetched together

std::string_view key_of(const sh_record& record) { return Record(record).key(); }

}  // namespace

WindowStep::WindowStep(const Context& ctx, const Config& config, const sh_component* component)
    : ctx_(ctx),
      spec_(Spec::of(ctx, config)),
      fold_(spec_, logic_of(ctx, config, *static_cast<const Computes*>(component->data)),
            ctx.output_read(kMetaPort)) {}

int64_t WindowStep::now() { return now_us_ = std::max(now_us_, within(ctx_.now_us())); }

int64_t WindowStep::watermark_of(const State& state, int64_t now_us) const {
  switch (spec_.clock) {
    case Clock::kStream: return ctx_.watermark_us();
    case Clock::kKey: return state.clock.watermark(now_us);
    case Clock::kSystem: break;
  }
  return now_us;
}

// -- Records ----------------------------------------------------------------------------------

void WindowStep::process(const Batch& in, States<State> states, Out& out) {
  Call call{out, Rejecter(ctx_, out), in.raw().records, 0};
  if (spec_.clock != Clock::kStream) call.now_us = now();
  pending_.begin(in.raw().records, in.size(), in.port());
  late_.clear();
  listed_.clear();
  try {
    switch (spec_.clock) {
      case Clock::kStream: take_all<Clock::kStream>(call, in, states); break;
      case Clock::kKey: take_all<Clock::kKey>(call, in, states); break;
      case Clock::kSystem: take_all<Clock::kSystem>(call, in, states); break;
    }
    pending_.flush(fold_.logic(), call.bad);
  } catch (...) {
    pending_.clear();
    throw;
  }
  finish_batch(call, states);
}

template <Clock kClock>
void WindowStep::take_all(Call& call, const Batch& in, States<State> states) {
  const bool sessions = spec_.kind == Kind::kSession;
  const bool early = spec_.early_us != 0;
  const sh_record* const records = in.raw().records;
  const uint32_t count = in.size();
  int64_t watermark = kClock == Clock::kStream ? ctx_.watermark_us() : call.now_us;
  for (uint32_t i = 0; i < count; ++i) {
    State& state = states[i];
    const int64_t time = kClock == Clock::kSystem ? call.now_us : records[i].event_time_us;
    if constexpr (kClock == Clock::kKey) {
      watermark = state.clock.watermark(call.now_us);
      if (watermark >= state.due_us) list(i, state);
    }
    // What is not before the watermark is in no window that is closed.
    if (state.fast.contains(time) && time >= watermark) [[likely]] {
      Pane* const pane = state.current;
      if (sessions) {
        const int64_t close = plus(plus(time, spec_.gap_us), 1);
        if (close > state.fast.close) state.fast.close = pane->span.close = close;
      }
      if constexpr (kClock == Clock::kKey) {
        if (state.clock.see(time, spec_.wait_us, call.now_us, watermark) != watermark)
          list(i, state);
      }
      if (early) changed(state, pane);
      pending_.add(i, state_of(pane));
      continue;
    }
    take(call, i, state, time, watermark);
  }
}

void WindowStep::take(Call& call, uint32_t i, State& state, int64_t given, int64_t watermark) {
  const sh_record& record = call.records[i];
  if (given == SH_NO_TIME) {
    call.bad.reject(record,
                    "the record has no event time; give it one before this step (json.extract with "
                    "`time`), or choose clock = { kind = \"system\" }");
    if (state.empty()) list(i, state);
    return;
  }
  // A state that was restored may have come further than this run has as yet. What has been put out
  // is not put out again, so a record of that time is late; and the system clock did not go back
  // while the job was not running either.
  const int64_t time =
      spec_.clock == Clock::kSystem ? std::max(given, state.emitted_us) : within(given);
  watermark = std::max(watermark, state.emitted_us);
  if (watermark != kNoTime && time < minus(watermark, spec_.lateness_us)) {
    late_.push_back(i);
    if (state.empty()) list(i, state);
    return;
  }
  if (state.queue != nullptr) drain(call, key_of(record), state, watermark);
  if (spec_.ordered && time > watermark) {
    if (state.queue == nullptr) state.queue = std::make_unique<Queue>();
    const Record r(record);
    state.queue->emplace(time, Waiting{pending_.port(), r.has_value(), std::string(r.value())});
    fold_.find_due(state);
    if (spec_.early_us != 0) changed(state, nullptr);
  } else {
    apply(call, state, record, i, time, watermark);
  }
  if (spec_.clock == Clock::kKey) {
    state.clock.see(time, spec_.wait_us, call.now_us, watermark);
    list(i, state);
  } else {
    arm(state);
  }
}

void WindowStep::apply(Call& call, State& state, const sh_record& record, uint32_t i, int64_t time,
                       int64_t watermark) {
  const bool behind = time < watermark;
  // Windows that close at the watermark are put out without this record, and then once more.
  if (behind) close(call, key_of(record), state, watermark);
  if (fold_.overlapping()) {
    fold_.locate_all(state, time, [&](Pane* pane) { add(state, record, i, pane); });
  } else {
    Pane* const pane = fold_.locate(state, time, [&] { pending_.flush(fold_.logic(), call.bad); });
    add(state, record, i, pane);
    if (behind) {
      state.fast = {0, 0};
      state.current = nullptr;
    } else {
      remember(state, pane);
    }
  }
  if (!behind) return;
  pending_.flush(fold_.logic(), call.bad);
  fold_.put_out_again(state, key_of(record), time, call.out);
  fold_.find_due(state);
}

void WindowStep::add(State& state, const sh_record& record, uint32_t i, Pane* pane) {
  if (spec_.early_us != 0) changed(state, pane);
  if (i == UINT32_MAX) {
    pending_.add_copy(record, state_of(pane));
  } else {
    pending_.add(i, state_of(pane));
  }
}

void WindowStep::remember(State& state, Pane* pane) const {
  if (spec_.ordered) return;
  // A later session might have to be merged with this one.
  const bool last = spec_.kind != Kind::kSession || pane == state.panes.back();
  state.fast = last ? pane->span : Span{0, 0};
  state.current = pane;
}

// `pane`: null for a record that waits.
void WindowStep::changed(State& state, Pane* pane) {
  if (pane != nullptr) pane->changed = true;
  if (state.early_set) return;
  ctx_.timer_set(state, SH_CLOCK_SYSTEM, plus(ctx_.now_us(), spec_.early_us), kEarly);
  state.early_set = true;
}

void WindowStep::drain(Call& call, std::string_view key, State& state, int64_t watermark) {
  if (state.queue == nullptr || state.queue->empty()) return;
  Queue& queue = *state.queue;
  if (queue.begin()->first > watermark) return;
  const uint32_t port = pending_.port();
  const sh_record* const records = call.records;
  pending_.flush(fold_.logic(), call.bad);
  const auto end = queue.upper_bound(watermark);
  for (auto at = queue.begin(); at != end; ++at) {
    const Waiting& waiting = at->second;
    if (waiting.port != pending_.port()) {
      pending_.flush(fold_.logic(), call.bad);
      pending_.begin(nullptr, 0, waiting.port);
    }
    sh_record record{};
    record.key = to_bytes(key).ptr;
    record.key_len = static_cast<uint32_t>(key.size());
    record.value = to_bytes(waiting.value).ptr;
    record.value_len = waiting.has_value ? static_cast<uint32_t>(waiting.value.size()) : SH_ABSENT;
    record.event_time_us = at->first;
    apply(call, state, record, UINT32_MAX, at->first, kNoTime);
  }
  pending_.flush(fold_.logic(), call.bad);
  pending_.begin(records, 0, port);
  queue.erase(queue.begin(), end);
  fold_.find_due(state);
}

void WindowStep::close(Call& call, std::string_view key, State& state, int64_t limit) {
  drain(call, key, state, limit);
  if (limit < state.due_us) {
    state.emitted_us = std::max(state.emitted_us, limit);
    return;
  }
  pending_.flush(fold_.logic(), call.bad);
  fold_.close(state, key, limit, call.out);
}

void WindowStep::finish_batch(Call& call, States<State> states) {
  for (const uint32_t i : listed_) {
    State& state = states[i];
    state.listed = false;
    const int64_t watermark = watermark_of(state, call.now_us);
    if (watermark != kNoTime) close(call, key_of(call.records[i]), state, watermark);
    settle(state);
  }
  if (!late_.empty()) {
    call.out.port(kLatePort);
    for (const uint32_t i : late_) call.out.push(call.records[i]);
    call.out.port(kOutPort);
  }
  fold_.flush(call.out);
}

// -- Timers and the end -----------------------------------------------------------------------

void WindowStep::settle(State& state) {
  if (state.empty()) {
    ctx_.discard(state);
  } else {
    arm(state);
  }
}

// A timer is never moved to a later time: when it is called too early it is set again. So sessions
// may grow without a call for each record.
void WindowStep::arm(State& state) {
  if (state.due_us == kNever) return;
  const bool by_key = spec_.clock == Clock::kKey;
  const int64_t at = by_key ? state.clock.reaches(state.due_us) : state.due_us;
  if (at >= state.armed_us) return;
  ctx_.timer_set(state, spec_.clock == Clock::kStream ? SH_CLOCK_EVENT : SH_CLOCK_SYSTEM, at,
                 kClose);
  state.armed_us = at;
}

void WindowStep::on_timers(const sh_timer* timers, uint32_t count, Out& out) {
  Call call{out, Rejecter(ctx_, out), nullptr, now()};
  pending_.begin(nullptr, 0, 0);
  for (uint32_t begin = 0; begin < count; begin += kLot) {
    const uint32_t end = std::min(count, begin + kLot);
    for (uint32_t i = begin; i < end; ++i) __builtin_prefetch(timers[i].state);
    const State* states[kLot];
    for (uint32_t i = begin; i < end; ++i) {
      states[i - begin] = static_cast<const State*>(timers[i].state);
    }
    Fold::prefetch(states, end - begin);
    run_timers(call, timers + begin, end - begin);
  }
  fold_.flush(out);
}

void WindowStep::run_timers(Call& call, const sh_timer* timers, uint32_t count) {
  Out& out = call.out;
  for (uint32_t i = 0; i < count; ++i) {
    State& state = *static_cast<State*>(timers[i].state);
    const std::string_view key = to_view(timers[i].key);
    if (timers[i].tag == kClose) {
      state.armed_us = kNever;
      // As far as the timer says, and no further: the windows of all keys close in order.
      const int64_t limit =
          spec_.clock == Clock::kKey ? watermark_of(state, call.now_us) : timers[i].at_us;
      if (limit != kNoTime) close(call, key, state, limit);
    } else if (timers[i].tag == kEarly && spec_.early_us != 0) {
      drain(call, key, state, watermark_of(state, call.now_us));
      fold_.partial_results(state, key, out);
      // What still waits is a change to come.
      state.early_set = false;
      if (state.queue != nullptr && !state.queue->empty()) changed(state, nullptr);
    }
    settle(state);
  }
}

void WindowStep::on_end(const sh_entry* entries, uint32_t count, Out& out) {
  Call call{out, Rejecter(ctx_, out), nullptr, now()};
  pending_.begin(nullptr, 0, 0);
  for (uint32_t i = 0; i < count; ++i) {
    close(call, to_view(entries[i].key), *static_cast<State*>(entries[i].state), kNever);
  }
  fold_.flush(out);
}

// -- Snapshots --------------------------------------------------------------------------------

void WindowStep::save(const State& state, Writer& to) {
  saved_.clear();
  fold_.save(state, now(), saved_);
  to.write(saved_);
}

KeyState WindowStep::restore(std::string_view saved, uint32_t) {
  return fold_.restore(saved, now());
}

const sh_keyed window_table = [] {
  sh_keyed table = detail::keyed_table<WindowStep>();
  table.on_timers = [](void* self, const sh_timer* timers, uint32_t count, sh_out* raw_out,
                       sh_error* error) {
    return detail::guarded(error, [&] {
      auto& held = detail::Held<WindowStep>::of(self);
      Out out = held.out(raw_out);
      held.impl.on_timers(timers, count, out);
      out.flush();
    });
  };
  table.on_end = [](void* self, const sh_entry* entries, uint32_t count, sh_out* raw_out,
                    sh_error* error) {
    return detail::guarded(error, [&] {
      auto& held = detail::Held<WindowStep>::of(self);
      Out out = held.out(raw_out);
      held.impl.on_end(entries, count, out);
      out.flush();
    });
  };
  return table;
}();

}  // namespace streamhost::window
