#include "fold.h"

#include <algorithm>

namespace streamhost::window {
namespace {

constexpr int64_t kMostOverlaps = 10000;

}  // namespace

Fold::Fold(const Spec& spec, std::unique_ptr<Logic> logic, bool meta)
    : spec_(spec),
      grid_(spec.grid()),
      logic_(std::move(logic)),
      shared_(spec.kind == Kind::kSliding && spec.offset_us < spec.length_us &&
              logic_->shares_panes()),
      overlapping_(spec.kind == Kind::kSliding && spec.offset_us < spec.length_us && !shared_),
      pool_(shape_of_panes(logic_->state_size(), logic_->state_align())),
      emitter_(meta) {
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

const Fold::Place& Fold::place_of(int64_t time) {
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

Pane* Fold::locate_at(KeyState& state, size_t at, const Place& place) {
  if (at != state.panes.size() && state.panes[at]->span.open == place.span.open) {
    return state.panes[at];
  }
  Pane* pane = make(state, at, place.span, place.id);
  state.due_us = std::min(state.due_us, place.due);
  return pane;
}

Pane* Fold::locate_session(KeyState& state, size_t at, bool with_before, bool with_after,
                           int64_t time) {
  const int64_t close = plus(plus(time, spec_.gap_us), 1);
  Pane* const before = with_before ? state.panes[at - 1] : nullptr;
  Pane* const after = with_after ? state.panes[at] : nullptr;
  if (with_before && with_after) {
    // Into the earlier one, so that what goes by the order sees the order of time.
    logic_->merge(state_of(before), state_of(after));
    before->span.close = std::max({before->span.close, after->span.close, close});
    before->changed |= after->changed;
    Ids& ids = merged_[before];
    if (after->merged) {
      const Ids& others = merged_.at(after);
      ids.insert(ids.end(), others.begin(), others.end());
    }
    ids.push_back(std::max(before->id, after->id));
    before->merged = true;
    before->id = std::min(before->id, after->id);
    state.panes.erase(at);
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
  Pane* pane = make(state, at, {time, close}, time);
  state.due_us = std::min(state.due_us, close);
  return pane;
}

Pane* Fold::make(KeyState& state, size_t at, const Span& span, int64_t id) {
  return make(state, at, span, id, [&](Pane* pane) { logic_->init(state_of(pane)); });
}

void Fold::free(Pane* pane) {
  logic_->drop(state_of(pane));
  if (pane->merged) merged_.erase(pane);
  pool_.give_back(pane);
}

void Fold::drop(KeyState& state) {
  for (Pane* pane : state.panes) free(pane);
  state.panes.clear();
}

// -- Putting out ------------------------------------------------------------------------------

size_t Fold::first_unclosed(const KeyState& state) const {
  const int64_t emitted = state.emitted_us;
  if (state.panes.empty() || emitted == kNoTime) return 0;
  const int64_t open = shared_ ? grid_.first_closing_after(emitted) : 0;
  const auto over = [&](const Pane* pane) {
    return shared_ ? pane->id < open : pane->span.close <= emitted;
  };
  if (!over(state.panes.front())) return 0;
  const auto at = std::partition_point(state.panes.begin(), state.panes.end(), over);
  return static_cast<size_t>(at - state.panes.begin());
}

bool Fold::first_open(const Pane* pane, int64_t emitted, int64_t* id, Span* span) const {
  *id = grid_.first_of(pane->span.open);
  *id = std::max(*id, grid_.first_closing_after(emitted));
  if (*id > pane->id) return false;
  *span = grid_.window(*id);
  return span->close > emitted;
}

int64_t Fold::drop_time(const Pane* pane) const {
  const int64_t close = shared_ ? grid_.window(pane->id).close : pane->span.close;
  return std::max(close, plus(close, spec_.lateness_us));
}

void Fold::put_out(std::string_view key, const Pane* pane, bool early, Out& out) {
  emitter_.begin(out, {key, pane->id, pane->span, merged_ids(pane), early});
  logic_->results(state_of(pane), emitter_);
  emitter_.end();
}

void Fold::put_out_shared(std::string_view key, const PaneList& panes, size_t first, int64_t id,
                          const Span& span, bool early, Out& out) {
  emitter_.begin(out, {key, id, span, nullptr, early});
  Pane* const* at = panes.begin() + first;
  if (at + 1 == panes.end() || at[1]->span.open >= span.close) {
    logic_->results(state_of(*at), emitter_);
    emitter_.end();
    return;
  }
  logic_->init(scratch_at_);
  try {
    void* states[Logic::kMostMerged];
    size_t count = 0;
    for (; at != panes.end() && (*at)->span.open < span.close; ++at) {
      if (count == Logic::kMostMerged) {
        logic_->merge_copies(scratch_at_, states, std::exchange(count, 0));
      }
      states[count++] = state_of(*at);
    }
    logic_->merge_copies(scratch_at_, states, count);
    logic_->results(scratch_at_, emitter_);
  } catch (...) {
    logic_->drop(scratch_at_);
    throw;
  }
  logic_->drop(scratch_at_);
  emitter_.end();
}

void Fold::prefetch(const KeyState* const* states, size_t count) {
  constexpr size_t kMost = 24;  // of a key
  for (size_t i = 0; i < count; ++i) states[i]->panes.prefetch();
  for (size_t i = 0; i < count; ++i) {
    const PaneList& panes = states[i]->panes;
    const size_t size = std::min(panes.size(), kMost);
    for (size_t p = 0; p < size; ++p) __builtin_prefetch(panes[p]);
  }
}

void Fold::close(KeyState& state, std::string_view key, int64_t limit, Out& out) {
  const PaneList& panes = state.panes;
  size_t at = first_unclosed(state);
  if (shared_) {
    int64_t id;
    Span span;
    while (at != panes.size()) {
      if (!first_open(panes[at], state.emitted_us, &id, &span)) {
        ++at;
        continue;
      }
      if (span.close > limit) break;
      put_out_shared(key, panes, at, id, span, false, out);
      state.emitted_us = span.close;
    }
  } else {
    for (; at != panes.size() && panes[at]->span.close <= limit; ++at) {
      put_out(key, panes[at], false, out);
    }
  }
  state.emitted_us = std::max(state.emitted_us, limit);
  size_t over = 0;
  for (; over != panes.size() && drop_time(panes[over]) <= limit; ++over) {
    Pane* pane = panes[over];
    if (pane == state.current) {
      state.fast = {0, 0};
      state.current = nullptr;
    }
    free(pane);
  }
  state.panes.erase_front(over);
  find_due(state);
}

void Fold::put_out_again(KeyState& state, std::string_view key, int64_t time, Out& out) {
  const PaneList& panes = state.panes;
  if (spec_.kind == Kind::kSession || spec_.kind == Kind::kTumbling) {
    const size_t count = panes.opened_by(time);
    if (count != 0 && panes[count - 1]->span.close <= state.emitted_us) {
      put_out(key, panes[count - 1], false, out);
    }
    return;
  }
  const int64_t last = grid_.last_of(time);
  int64_t id = grid_.first_of(time);
  size_t at = panes.opened_by(grid_.window(id).open - 1);
  for (; id <= last; ++id) {
    const Span span = grid_.window(id);
    if (span.close > state.emitted_us) break;
    while (at != panes.size() && panes[at]->span.open < span.open) ++at;
    if (at == panes.size()) break;
    if (shared_) {
      put_out_shared(key, panes, at, id, span, false, out);
    } else {
      put_out(key, panes[at], false, out);
    }
  }
}

void Fold::partial_results(KeyState& state, std::string_view key, Out& out) {
  const PaneList& panes = state.panes;
  size_t at = first_unclosed(state);
  if (shared_) {
    int64_t before = state.emitted_us;  // windows that close here or before have been looked at
    int64_t id;
    Span span;
    for (size_t changed = at; at != panes.size();) {
      if (!first_open(panes[at], before, &id, &span)) {
        ++at;
        continue;
      }
      before = span.close;
      changed = std::max(changed, at);
      while (changed != panes.size() && !panes[changed]->changed) ++changed;
      if (changed == panes.size()) break;
      if (panes[changed]->span.open < span.close) {
        put_out_shared(key, panes, at, id, span, true, out);
      }
    }
  } else {
    for (; at != panes.size(); ++at) {
      if (panes[at]->changed) put_out(key, panes[at], true, out);
    }
  }
  for (Pane* pane : panes) pane->changed = false;
}

void Fold::find_due(KeyState& state) const {
  const PaneList& panes = state.panes;
  state.due_us = kNever;
  const size_t open = first_unclosed(state);
  if (open != 0) state.due_us = drop_time(panes.front());
  if (open != panes.size()) {
    int64_t id;
    Span span = panes[open]->span;
    if (!shared_ || first_open(panes[open], state.emitted_us, &id, &span)) {
      state.due_us = std::min(state.due_us, span.close);
    }
  }
  if (state.queue == nullptr || state.queue->empty()) return;
  const int64_t time = state.queue->begin()->first;
  const int64_t closes = spec_.kind == Kind::kSession ? plus(plus(time, spec_.gap_us), 1)
                                                      : grid_.window(grid_.first_of(time)).close;
  state.due_us = std::min(state.due_us, closes);
}

}  // namespace streamhost::window
