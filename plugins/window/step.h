// The components of the plugin: a keyed step that folds its records by windows. This part decides
// which records are late, in which order they are taken and when windows close; fold.h does the
// rest.
#pragma once

#include <memory>
#include <vector>

#include "fold.h"
#include "pending.h"

namespace streamhost::window {

// What a component computes; its sh_component.data.
enum class Computes { kCount, kMin, kMax, kCollect, kAggregate, kJoin };

class WindowStep {
 public:
  using State = KeyState;
  static constexpr uint32_t state_version = 1;

  WindowStep(const Context& ctx, const Config& config, const sh_component* component);

  void process(const Batch& in, States<State> states, Out& out);
  void on_timers(const sh_timer* timers, uint32_t count, Out& out);
  void on_end(const sh_entry* entries, uint32_t count, Out& out);
  void save(const State& state, Writer& to);
  State restore(std::string_view saved, uint32_t version);
  void drop(State& state) { fold_.drop(state); }

 private:
  enum Tag : uint64_t { kClose = 0, kEarly = 1 };
  // What a call works with.
  struct Call {
    Out& out;
    Rejecter bad;
    const sh_record* records;
    int64_t now_us;
  };

  template <Clock kClock>
  void take_all(Call& call, const Batch& in, States<State> states);
  // A record that needs more than being added to the current pane of its key.
  void take(Call& call, uint32_t i, State& state, int64_t time, int64_t watermark);
  void apply(Call& call, State& state, const sh_record& record, uint32_t i, int64_t time,
             int64_t watermark);
  // Takes what waits until the watermark was here.
  void drain(Call& call, std::string_view key, State& state, int64_t watermark);
  // Closes windows, when what waits for them has been taken.
  void close(Call& call, std::string_view key, State& state, int64_t limit);
  void add(State& state, const sh_record& record, uint32_t i, Pane* pane);
  void remember(State& state, Pane* pane) const;
  void changed(State& state, Pane* pane);
  void list(uint32_t i, State& state) {
    if (std::exchange(state.listed, true)) return;
    listed_.push_back(i);
  }
  void finish_batch(Call& call, States<State> states);
  void run_timers(Call& call, const sh_timer* timers, uint32_t count);
  // Sets the closing timer, or lets the key go when nothing is left of it.
  void settle(State& state);
  void arm(State& state);
  int64_t watermark_of(const State& state, int64_t now_us) const;
  int64_t now();

  Context ctx_;
  const Spec spec_;
  Fold fold_;
  Pending pending_;
  std::vector<uint32_t> late_, listed_;  // places in the batch
  int64_t now_us_ = INT64_MIN;           // never goes back
  std::string saved_;
};

// The component's table: WindowStep handles the timers and the end of many keys in one call.
extern const sh_keyed window_table;

}  // namespace streamhost::window
