// The panes of one step: finding and making the one that a record belongs to, and putting windows
// out when they close. Knows nothing of records, timers and watermarks.
//
// A pane is the state of one window, except where sliding windows overlap and their states can be
// merged: there it is a span that lies in the same windows throughout, each record is added to one,
// and a window is merged of its panes when it is put out.
#pragma once

#include <memory>
#include <unordered_map>

#include "key_state.h"
#include "logic.h"
#include "spec.h"

namespace streamhost::window {

class Fold {
 public:
  // `meta`: whether somebody reads that output.
  Fold(const Spec& spec, std::unique_ptr<Logic> logic, bool meta);
  Fold(const Fold&) = delete;
  Fold& operator=(const Fold&) = delete;

  Logic& logic() { return *logic_; }
  // A record is added to each window it is in, not to one pane.
  bool overlapping() const { return overlapping_; }
  size_t panes_in_use() const { return pool_.in_use(); }

  // The pane for a time within(); makes it when it is not there. Not for overlapping windows. When
  // two sessions have to be merged, `before_merge()` is called first: states that records are still
  // to be added to must have them.
  template <class BeforeMerge>
  Pane* locate(KeyState& state, int64_t time, BeforeMerge&& before_merge) {
    if (spec_.kind != Kind::kSession) {
      const Place& place = place_of(time);
      // Mostly time goes on: then the newest pane need not be looked at.
      const bool newest = !state.panes.empty() && state.current == state.panes.back() &&
                          state.fast.close <= place.span.open;
      const size_t at = newest ? state.panes.size() : state.panes.opened_by(place.span.open - 1);
      return locate_at(state, at, place);
    }
    const size_t after = state.panes.opened_by(time);
    const bool with_before = after != 0 && joins(state.panes[after - 1], time);
    const bool with_after = after != state.panes.size() && joins(state.panes[after], time);
    if (with_before && with_after) before_merge();
    return locate_session(state, after, with_before, with_after, time);
  }
  // Calls `each(pane)` for each of the overlapping windows that a time is in, by their opening.
  template <class Each>
  void locate_all(KeyState& state, int64_t time, Each&& each) {
    const int64_t last = grid_.last_of(time);
    int64_t id = grid_.first_of(time);
    for (size_t at = state.panes.opened_by(grid_.window(id).open - 1); id <= last; ++id, ++at) {
      const Span span = grid_.window(id);
      each(locate_at(state, at, {span, id, span.close}));
    }
  }

  // Puts out the windows that close at `limit` or before and have not been put out, in the order in
  // which they close, and drops what is over by then. Moves `emitted_us` and `due_us` on.
  void close(KeyState& state, std::string_view key, int64_t limit, Out& out);
  // Puts the closed windows that a time is in out again.
  void put_out_again(KeyState& state, std::string_view key, int64_t time, Out& out);
  // Puts out windows that are open and have changed since the last call.
  void partial_results(KeyState& state, std::string_view key, Out& out);
  // Puts out the `meta` records that are held back.
  void flush(Out& out) { emitter_.flush(out); }

  // Brings the panes of several keys into the cache before they are closed one after the other: all
  // in lockstep, so that the waits for memory overlap.
  static void prefetch(const KeyState* const* states, size_t count);

  // Sets `due_us` to when there is something to do.
  void find_due(KeyState& state) const;
  // Drops the panes.
  void drop(KeyState& state);

  // See the grammar in fold_saved.cc. restore() throws state_error. `now_us`: the wall clock.
  void save(const KeyState& state, int64_t now_us, std::string& to);
  KeyState restore(std::string_view saved, int64_t now_us);

 private:
  struct Place {
    Span span;
    int64_t id;
    int64_t due;  // when the first window it is in closes
  };
  using Ids = std::vector<int64_t>;
  const Ids* merged_ids(const Pane* pane) const {
    return pane->merged ? &merged_.at(pane) : nullptr;
  }
  const Place& place_of(int64_t time);
  // The pane at this place; `at`: how many open before it.
  Pane* locate_at(KeyState& state, size_t at, const Place& place);
  bool joins(const Pane* session, int64_t time) const {
    return time < session->span.close && minus(session->span.open, spec_.gap_us) <= time;
  }
  // `after`: the first session that opens later than `time`.
  Pane* locate_session(KeyState& state, size_t after, bool with_before, bool with_after,
                       int64_t time);
  // A new pane, as number `at` of its key; `fill(pane)` makes its state.
  template <class Fill>
  Pane* make(KeyState& state, size_t at, const Span& span, int64_t id, Fill&& fill) {
    Pane* const pane = new (pool_.take()) Pane{span, id, false, false};
    try {
      state.panes.insert(at, pane);
      try {
        fill(pane);
      } catch (...) {
        state.panes.erase(at);
        throw;
      }
    } catch (...) {
      pool_.give_back(pane);
      throw;
    }
    return pane;
  }
  Pane* make(KeyState& state, size_t at, const Span& span, int64_t id);
  void free(Pane* pane);

  // The first pane of which not all windows have been put out.
  size_t first_unclosed(const KeyState& state) const;
  // The first window of `pane`, a shared one, that closes after `emitted`; false: there is none.
  bool first_open(const Pane* pane, int64_t emitted, int64_t* id, Span* span) const;
  int64_t drop_time(const Pane* pane) const;
  void put_out(std::string_view key, const Pane* pane, bool early, Out& out);
  // A window that is merged of the panes from the `first` one on.
  void put_out_shared(std::string_view key, const PaneList& panes, size_t first, int64_t id,
                      const Span& span, bool early, Out& out);

  const Spec spec_;
  const Grid grid_;
  const std::unique_ptr<Logic> logic_;
  const bool shared_;       // panes of several windows
  const bool overlapping_;  // windows that overlap, with a state each
  FixedPool pool_;
  std::unordered_map<const Pane*, Ids> merged_;  // of the few sessions that were merged
  Emitter emitter_;
  Place recent_{{0, 0}, 0, 0};  // the place that was computed last
  std::unique_ptr<std::byte[]> scratch_;
  void* scratch_at_ = nullptr;  // room for one state
  std::string saved_;
};

}  // namespace streamhost::window
