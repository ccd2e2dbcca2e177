// aggregate: the result of each key's aggregates so far, on every change or every interval.
#pragma once

#include "aggregated.h"

namespace streamhost::core {

struct RunningState : Block {
  uint64_t run;     // the last one in which the key came up
  int64_t time_us;  // the latest event time since the result was put out; by interval only
  bool pending;     // there is a result that was not put out; by interval only
};

class Running : public AggregatedStep<RunningState> {
 public:
  // Throws when `every` and `emit` do not fit.
  Running(const Context& ctx, const Config& config);

  void process(const Batch& in, States<State> states, Out& out);
  void on_timer(std::string_view key, State& state, int64_t at_us, uint64_t tag, Out& out);
  void on_end(std::string_view key, State& state, Out& out);
  // On changes nothing is left to put out at the end, and a later run goes on with the states.
  bool ends() const { return every_us_ != 0; }
  void save(const State& state, Writer& to);
  State restore(std::string_view saved, uint32_t version);

 private:
  void put_out(std::string_view key, State& state, Out& out);
  void put_out_changed(const Batch& in, States<State> states, Out& out);
  void wait_for_timer(const Batch& in, States<State> states);

  int64_t every_us_;  // 0: on changes
  bool each_record_;
  uint64_t run_ = 0;  // the number of the lot of records in hand
  std::vector<uint32_t> last_;
};

// Calls `body()`; when it throws bad_data the record is rejected, behind what is in `out`.
template <class Body>
void past_bad_data(const Context& ctx, const sh_record& record, Out& out, Body&& body) {
  try {
    body();
  } catch (const Error& e) {
    if (e.status() != SH_E_DATA) throw;
    out.flush();
    ctx.reject(record, e.what());
  }
}

// Adds the records of the batch one after the other for each key, and calls `body(i)` for each that
// was taken, when the key's block holds what there is up to it. Records whose keys differ are added
// together. A record for which `body` throws bad_data is rejected. `run`: one number for all calls
// of a step.
template <class State, class Body>
void each_in_turn(Aggregated& aggregated, const Batch& in, States<State> states, uint64_t& run,
                  Out& out, Body&& body) {
  const auto state_of = [&](uint32_t i) -> State& { return states[i]; };
  for (uint32_t first = 0; first < in.size();) {
    ++run;
    uint32_t last = first;
    for (; last < in.size() && states[last].run != run; ++last) states[last].run = run;
    aggregated.add(in, first, last, state_of, out);
    for (uint32_t i = first; i < last; ++i) {
      if (!aggregated.took(i)) continue;
      past_bad_data(aggregated.context(), in.raw().records[i], out, [&] { body(i); });
    }
    first = last;
  }
}

Component aggregate_component();

}  // namespace streamhost::core
