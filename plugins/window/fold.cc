#include "fold.h"

namespace streamhost::window {
namespace {

constexpr int64_t kMostOverlaps = 10000;

}  // namespace

Fold::Fold(const Spec& spec, std::unique_ptr<Logic> logic)
    : spec_(spec),
      grid_(spec.grid()),
      logic_(std::move(logic)),
      shared_(spec.kind == Kind::kSliding && spec.offset_us < spec.length_us &&
              logic_->shares_panes()),
      overlapping_(spec.kind == Kind::kSliding && spec.offset_us < spec.length_us && !shared_),
      pool_(logic_->state_size(), logic_->state_align()) {
  if (spec.kind == Kind::kSession) logic_->require_merge();
  if (overlapping_ && spec.length_us / spec.offset_us >= kMostOverlaps) {
    throw config_error(
        "window: each record would be added to " + std::to_string(spec.length_us / spec.offset_us) +
        " windows, for these states cannot be merged; choose an `offset` that is less "
        "than " +
        std::to_string(kMostOverlaps) + " times in `length`");
  }
  const size_t align = std::max<size_t>(logic_->state_align(), 1);
  scratch_ = std::make_unique<std::byte[]>(logic_->state_size() + align);
  const auto at = reinterpret_cast<uintptr_t>(scratch_.get());
  scratch_at_ = scratch_.get() + (align - at % align) % align;
}

// -- Finding and making -----------------------------------------------------------------------

Fold::Place Fold::spans_of(int64_t time) {
  if (recent_.span.contains(time)) return recent_;
  const int64_t id = grid_.last_of(time);
  if (shared_) {
    recent_ = {grid_.pane(time), id, grid_.window(grid_.first_of(time)).close};
  } else {
    const Span span = grid_.window(id);
    recent_ = {span, id, span.close};
  }
  return recent_;
}

Pane* Fold::locate_at(KeyState& state, const Place& place) {
  Pane* before = state.panes.at_or_before(place.span.open);
  if (before != nullptr && before->span.open == place.span.open) return before;
  Pane* pane = make(place.span, place.id);
  state.panes.insert_after(before, pane);
  state.due_us = std::min(state.due_us, place.due);
  return pane;
}

Pane* Fold::locate_session(KeyState& state, Pane* before, Pane* after, int64_t time) {
  const int64_t close = plus(plus(time, spec_.gap_us), 1);
  const bool with_before = joins(before, time), with_after = joins(after, time);
  if (with_before && with_after) {
    // Into the earlier one, so that what goes by the order sees the order of time.
    logic_->merge(state_of(before), state_of(after));
    before->span.close = std::max({before->span.close, after->span.close, close});
    before->changed |= after->changed;
    Ids ids;
    for (Pane* pane : {before, after}) {
      if (!pane->merged) continue;
      const Ids& own = merged_.at(pane);
      ids.insert(ids.end(), own.begin(), own.end());
    }
    ids.push_back(std::max(before->id, after->id));
    merged_[before] = std::move(ids);
    before->merged = true;
    before->id = std::min(before->id, after->id);
    state.panes.remove(after);
    free(after);
    state.fast = {0, 0};
    state.current = nullptr;
    return before;
  }
  if (with_before) {
    before->span.close = std::max(before->span.close, close);
    return before;
  }
  if (with_after) {
    after->span.open = std::min(after->span.open, time);
    after->span.close = std::max(after->span.close, close);
    return after;
  }
  Pane* pane = make({time, close}, time);
  state.panes.insert_after(before, pane);
  state.due_us = std::min(state.due_us, close);
  return pane;
}

Pane* Fold::make(const Span& span, int64_t id) {
  Pane* pane = pool_.take();
  try {
    logic_->init(state_of(pane));
  } catch (...) {
    pool_.give_back(pane);
    throw;
  }
  new (pane) Pane{nullptr, nullptr, span, id, false, false};
  return pane;
}

void Fold::free(Pane* pane) {
  logic_->drop(state_of(pane));
  if (pane->merged) merged_.erase(pane);
  pool_.give_back(pane);
}

void Fold::drop(KeyState& state) {
  for (Pane* pane = state.panes.first; pane != nullptr;) free(std::exchange(pane, pane->next));
  state.panes = PaneList();
}

// -- Putting out ------------------------------------------------------------------------------

bool Fold::first_open(const Pane* pane, int64_t emitted, int64_t* id, Span* span) const {
  *id = grid_.first_of(pane->span.open);
  if (emitted != kNoTime) *id = std::max(*id, grid_.first_of(within(emitted)));
  if (*id > pane->id) return false;
  *span = grid_.window(*id);
  return span->close > emitted;
}

int64_t Fold::drop_time(const Pane* pane) const {
  return plus(shared_ ? grid_.window(pane->id).close : pane->span.close, spec_.lateness_us);
}

void Fold::put_out(std::string_view key, const Pane* pane, bool early, Out& out) {
  emitter_.begin(out, {key, pane->id, pane->span, merged_ids(pane), early});
  logic_->results(reinterpret_cast<const std::byte*>(pane) + kPaneHead, emitter_);
  emitter_.end();
}

void Fold::put_out_shared(std::string_view key, Pane* first, int64_t id, const Span& span,
                          bool early, Out& out) {
  emitter_.begin(out, {key, id, span, nullptr, early});
  if (first->next == nullptr || first->next->span.open >= span.close) {
    logic_->results(state_of(first), emitter_);
    emitter_.end();
    return;
  }
  logic_->init(scratch_at_);
  try {
    for (Pane* pane = first; pane != nullptr && pane->span.open < span.close; pane = pane->next) {
      logic_->merge_copy(scratch_at_, state_of(pane));
    }
    logic_->results(scratch_at_, emitter_);
  } catch (...) {
    logic_->drop(scratch_at_);
    throw;
  }
  logic_->drop(scratch_at_);
  emitter_.end();
}

void Fold::prefetch(const KeyState* const* states, size_t count) {
  constexpr size_t kAtOnce = 16;
  constexpr int kDeepest = 24;
  for (size_t begin = 0; begin < count; begin += kAtOnce) {
    const Pane* at[kAtOnce];
    const size_t size = std::min(kAtOnce, count - begin);
    for (size_t i = 0; i < size; ++i) __builtin_prefetch(at[i] = states[begin + i]->panes.first);
    bool more = true;
    for (int depth = 0; more && depth < kDeepest; ++depth) {
      more = false;
      for (size_t i = 0; i < size; ++i) {
        if (at[i] == nullptr) continue;
        at[i] = at[i]->next;
        if (at[i] != nullptr) __builtin_prefetch(at[i]);
        more |= at[i] != nullptr;
      }
    }
  }
}

void Fold::close(KeyState& state, std::string_view key, int64_t limit, Out& out) {
  if (shared_) {
    for (Pane* pane = state.panes.first; pane != nullptr;) {
      int64_t id;
      Span span;
      if (!first_open(pane, state.emitted_us, &id, &span)) {
        pane = pane->next;
        continue;
      }
      if (span.close > limit) break;
      put_out_shared(key, pane, id, span, false, out);
      state.emitted_us = span.close;
    }
  } else {
    for (Pane* pane = state.panes.first; pane != nullptr; pane = pane->next) {
      if (pane->span.close > limit) break;
      if (pane->span.close > state.emitted_us) put_out(key, pane, false, out);
    }
  }
  state.emitted_us = std::max(state.emitted_us, limit);
  while (!state.panes.empty() && drop_time(state.panes.first) <= limit) {
    Pane* pane = state.panes.first;
    if (pane == state.current) {
      state.fast = {0, 0};
      state.current = nullptr;
    }
    state.panes.remove(pane);
    free(pane);
  }
  find_due(state);
}

void Fold::put_out_again(KeyState& state, std::string_view key, int64_t time, Out& out) {
  if (spec_.kind == Kind::kSession || spec_.kind == Kind::kTumbling) {
    const Pane* pane = state.panes.at_or_before(time);
    if (pane != nullptr && pane->span.close <= state.emitted_us) put_out(key, pane, false, out);
    return;
  }
  const int64_t last = grid_.last_of(time);
  Pane* pane = state.panes.first;
  for (int64_t id = grid_.first_of(time); id <= last; ++id) {
    const Span span = grid_.window(id);
    if (span.close > state.emitted_us) break;
    while (pane != nullptr && pane->span.open < span.open) pane = pane->next;
    if (pane == nullptr) break;
    if (shared_) {
      put_out_shared(key, pane, id, span, false, out);
    } else {
      put_out(key, pane, false, out);
    }
  }
}

void Fold::partial_results(KeyState& state, std::string_view key, Out& out) {
  if (!shared_) {
    for (Pane* pane = state.panes.first; pane != nullptr; pane = pane->next) {
      if (pane->changed && pane->span.close > state.emitted_us) put_out(key, pane, true, out);
      pane->changed = false;
    }
    return;
  }
  int64_t before = state.emitted_us;  // windows that close here or before have been looked at
  for (Pane* pane = state.panes.first; pane != nullptr;) {
    int64_t id;
    Span span;
    if (!first_open(pane, before, &id, &span)) {
      pane = pane->next;
      continue;
    }
    before = span.close;
    const Pane* changed = pane;
    while (changed != nullptr && !changed->changed) changed = changed->next;
    if (changed == nullptr) break;
    if (changed->span.open < span.close) put_out_shared(key, pane, id, span, true, out);
  }
  for (Pane* pane = state.panes.first; pane != nullptr; pane = pane->next) pane->changed = false;
}

void Fold::find_due(KeyState& state) const {
  state.due_us = kNever;
  if (!state.panes.empty() && (shared_ ? grid_.window(state.panes.first->id).close
                                       : state.panes.first->span.close) <= state.emitted_us) {
    state.due_us = drop_time(state.panes.first);
  }
  for (const Pane* pane = state.panes.first; pane != nullptr; pane = pane->next) {
    int64_t id;
    Span span = pane->span;
    if (shared_ ? first_open(pane, state.emitted_us, &id, &span) : span.close > state.emitted_us) {
      state.due_us = std::min(state.due_us, span.close);
      break;
    }
  }
  if (state.queue == nullptr || state.queue->empty()) return;
  const int64_t time = state.queue->begin()->first;
  const int64_t closes = spec_.kind == Kind::kSession ? plus(plus(time, spec_.gap_us), 1)
                                                      : grid_.window(grid_.first_of(time)).close;
  state.due_us = std::min(state.due_us, closes);
}

}  // namespace streamhost::window
