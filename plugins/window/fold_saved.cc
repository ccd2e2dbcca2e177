// The saved state of a key:
//
//   state    = windows shared:u8 aggregates:text emitted:integer armed:integer flags:u8 [clock]
//              number { pane } number { waiting } .
//   windows  = see spec.cc
//   flags    = 1: the timer for partial results is set
//   clock    = watermark:integer                                    (only with a clock per key)
//   pane     = where flags:u8 state:text                            flags 1: changed
//   where    = id:integer                                           a window
//            | open:integer                                         a shared pane
//            | open:integer length:number id:integer number { merged:integer }  a session; length:
//                                                                   from open to close
//   waiting  = time:integer port:number has_value:u8 value:text
//
// number, integer and text as in agg/saved.h. For example, tumbling windows of a minute, by the
// stream's clock, one record counted in window 1:
//
//   00 00  80 8e ce 1c  80 8e ce 1c  00   kind, clock, length, offset, align_to
//   00                                    panes are windows
//   0d 01 00 09 "agg.count" 01            one aggregate, without a name, version 1
//   ff ff … 01                            nothing put out yet
//   80 b8 b8 72                           the timer is set to the close, 120 s
//   00  01                                no flags, one pane
//   02 00 02 01 01                        window 1; its state, one byte long, a count of 1
//   00                                    nothing waits
#include "agg/saved.h"
#include "fold.h"

namespace streamhost::window {
namespace {

constexpr uint8_t kEarlySet = 1;
constexpr uint8_t kChanged = 1;

}  // namespace

void Fold::save(const KeyState& state, int64_t now_us, std::string& result) {
  agg::Saving to;
  spec_.save(to);
  to.byte(shared_ ? 1 : 0);
  saved_.clear();
  logic_->save_head(saved_);
  to.text(saved_);
  to.integer(state.emitted_us);
  to.integer(state.armed_us);
  to.byte(state.early_set ? kEarlySet : 0);
  if (spec_.clock == Clock::kKey) {
    to.integer(state.clock.watermark(now_us));
  }
  to.number(state.panes.size());
  for (const Pane* pane : state.panes) {
    if (spec_.kind == Kind::kSession) {
      to.integer(pane->span.open);
      to.number(static_cast<uint64_t>(pane->span.close) - static_cast<uint64_t>(pane->span.open));
      to.integer(pane->id);
      const Ids* const merged = merged_ids(pane);
      to.number(merged == nullptr ? 0 : merged->size());
      if (merged != nullptr) {
        for (const int64_t merged_id : *merged) to.integer(merged_id);
      }
    } else {
      to.integer(shared_ ? pane->span.open : pane->id);
    }
    to.byte(pane->changed ? kChanged : 0);
    saved_.clear();
    logic_->save(state_of(pane), saved_);
    to.text(saved_);
  }
  to.number(state.queue == nullptr ? 0 : state.queue->size());
  if (state.queue != nullptr) {
    for (const auto& [time, waiting] : *state.queue) {
      to.integer(time);
      to.number(waiting.port);
      to.byte(waiting.has_value ? 1 : 0);
      to.text(waiting.value);
    }
  }
  result += to.bytes();
}

KeyState Fold::restore(std::string_view saved, int64_t now_us) {
  agg::Loading from(saved, "the window");
  spec_.check_saved(from);
  if ((from.byte() != 0) != shared_) {
    from.refuse(
        "the aggregate could be merged then and cannot now, or the reverse; give it the "
        "options that it had");
  }
  logic_->read_head(from.text());
  KeyState state;
  struct Guard {
    Fold* fold;
    KeyState* state;
    ~Guard() {
      if (fold != nullptr) fold->drop(*state);
    }
  } guard{this, &state};

  state.emitted_us = from.integer();
  state.armed_us = from.integer();
  state.early_set = (from.byte() & kEarlySet) != 0 && spec_.early_us != 0;
  if (spec_.clock == Clock::kKey) {
    // Time did not pass for the key while the job was not running: what waits at the sources would
    // be late otherwise.
    state.clock.base_us = from.integer();
    state.clock.seen_us = now_us;
  }
  const auto time_of = [&](int64_t time) {
    if (time != within(time)) from.refuse("it holds a time that is out of range");
    return time;
  };
  // Sliding windows overlap, others may touch at most; all are in order.
  for (uint64_t count = from.number(); count != 0; --count) {
    Span span{};
    int64_t id = 0;
    Ids merged;
    if (spec_.kind == Kind::kSession) {
      span.open = time_of(from.integer());
      const uint64_t length = from.number();
      if (length == 0 ||
          length > static_cast<uint64_t>(kLatest) - static_cast<uint64_t>(span.open)) {
        from.refuse("it holds a session that cannot be");
      }
      span.close = static_cast<int64_t>(static_cast<uint64_t>(span.open) + length);
      id = from.integer();
      for (uint64_t ids = from.number(); ids != 0; --ids) merged.push_back(from.integer());
    } else if (shared_) {
      span = grid_.pane(time_of(from.integer()));
      id = grid_.last_of(span.open);
    } else {
      id = from.integer();
      if (!grid_.exists(id)) from.refuse("it holds a window that is out of range");
      span = grid_.window(id);
    }
    if (!state.panes.empty()) {
      const Span& last = state.panes.back()->span;
      if (overlapping_ ? span.open <= last.open : span.open < last.close) {
        from.refuse("its windows are not in order");
      }
    }
    const bool changed = (from.byte() & kChanged) != 0;
    Pane* const pane = make(state, state.panes.size(), span, id,
                            [&](Pane* made) { logic_->restore(from.text(), state_of(made)); });
    pane->changed = changed;
    if (!merged.empty()) {
      merged_[pane] = std::move(merged);
      pane->merged = true;
    }
  }
  for (uint64_t count = from.number(); count != 0; --count) {
    const int64_t time = time_of(from.integer());
    Waiting waiting;
    waiting.port = static_cast<uint32_t>(from.number(UINT32_MAX, "for an input"));
    waiting.has_value = from.byte() != 0;
    waiting.value = from.text();
    if (state.queue == nullptr) state.queue = std::make_unique<Queue>();
    state.queue->emplace_hint(state.queue->end(), time, std::move(waiting));
  }
  from.done();
  find_due(state);
  guard.fold = nullptr;
  return state;
}

}  // namespace streamhost::window
