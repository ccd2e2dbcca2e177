// The keys and states of one keyed step on one worker, and the plugin calls that work on them.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/context.h"
#include "engine/expiry.h"
#include "engine/snapshots.h"
#include "engine/state_table.h"
#include "engine/timers.h"

namespace streamhost {

// [worker] throughout. Functions that return a bool say false when the job is stopping.
class KeyedStep final : public TimerService {
 public:
  KeyedStep(StepContext& context, void* self);
  ~KeyedStep() override;

  // Finds the states of the batch and calls the plugin. Records without a key are rejected.
  bool process(const sh_batch& batch);
  // Calls the plugin with the timers that are due, and forgets keys that nobody had for their
  // `ttl`.
  bool fire(int64_t now_us);
  // When the next timer of the system clock is due; INT64_MAX when there is none.
  int64_t next_timer_us() const;
  // The same for timers of the event clock, a lot at a time: sets `done` when none is due any more.
  bool fire_event(int64_t watermark_us, bool* done);
  // True when a timer of the event clock is due: one that was set to a time already reached.
  bool event_due(int64_t watermark_us) const {
    const auto next = event_timers_.next();
    return next && *next <= watermark_us;
  }
  // Hands the next lot of states to the plugin's on_end; when that were the last, drops all and
  // sets `done`. Nothing is processed between the first call and the last. States of a step without
  // on_end are kept when there are snapshots, for a later run to go on with.
  bool finish_some(bool* done);

  // -- Snapshots, of a step that has been given a place for them.
  // Takes up the states of this worker's keys, and notes from here on which are touched. `step`:
  // its index in the dataflow.
  bool resume(Snapshots& snapshots, uint32_t step);
  // An epoch has ended here: what was touched in it is to be saved, while the next one runs.
  void freeze();
  // Saves the next lot of it. Sets `done` once all of it is handed to the store.
  bool save_frozen(bool* done);
  bool has_frozen() const { return saving_; }
  // True, once, when all states of the step were dropped in the epoch that was frozen last.
  bool take_cleared() { return std::exchange(cleared_before_, false); }

  // Merges a state that another worker saved into the one that is here.
  bool merge_saved(const sh_record& partial);
  // Calls `each(state, saved)` for the next lot of states, for sending partials away; when that
  // were the last, drops all and sets `done`. Fails when saving failed or `each` said so.
  using EachSaved = std::function<bool(const void* state, std::string_view saved)>;
  bool save_some(const EachSaved& each, bool* done);

  const StateTable& table() const { return table_; }

  sh_status timer_set(void* state, int32_t clock, int64_t at_us, uint64_t tag) override;
  sh_status timer_clear(void* state, int32_t clock, uint64_t tag) override;
  void state_discard(void* state) override;

 private:
  StateTable::Found find_states(const sh_batch& batch);
  bool init(sh_bytes key, void* state);
  bool restore_partial(const sh_record& partial, void* state);
  // The error says why, for whoever knows where `saved` came from.
  Status restore(sh_bytes key, uint32_t version, sh_bytes saved, void* state);
  bool resume_row(const recovery::Row& row);
  bool save_row(void* state);
  // Adds the timer that was taken and not called yet, if it is of this clock.
  void append_taken(int32_t clock);
  std::string_view key_text(const void* state) const;
  void hand_over();
  bool call_timers(Timers& timers, int32_t clock, int64_t now_us);
  Timers* timers_of(int32_t clock);
  void drop(void* state);
  void drop_all();
  void apply_discards();

  StepContext& context_;
  const sh_keyed& keyed_;
  void* const self_;
  Expiry expiry_;
  StateTable table_;
  Timers timers_;                 // by the system clock
  Timers event_timers_;           // by the watermark
  std::vector<void*> states_;     // of the batch in hand
  std::vector<void*> discarded_;  // by the running call
  std::vector<Timers::Due> due_;
  std::vector<sh_timer> timer_args_;
  struct {
    const Timers::Due* timer = nullptr;
    int32_t clock = 0;
  } taken_;            // the timer of a state that is just being touched, for save_row
  size_t cursor_ = 0;  // of the walk that finish_some or save_some is in

  Snapshots* snapshots_ = nullptr;
  uint32_t number_ = 0;          // of the step in the dataflow
  size_t saved_frozen_ = 0;      // of the epoch that has ended
  bool saving_ = false;          // frozen states are left, or rows to be handed over
  bool cleared_ = false;         // all states were dropped, in the running epoch
  bool cleared_before_ = false;  // and in the one that has ended
  recovery::RowBlock rows_;      // of the epoch that has ended
  recovery::RowBlock gone_;      // keys that were forgotten in the running one
  std::string row_;              // the value of the row in hand
  std::vector<Timers::Set> timers_of_row_;
  BufferWriter saved_;
};

}  // namespace streamhost
