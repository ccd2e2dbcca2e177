#include "running.h"

#include <cstring>

#include "due.h"

namespace streamhost::core {
namespace {

// What save() writes before the block.
struct Saved {
  int64_t time_us;
  int64_t pending;
};

}  // namespace

Running::Running(const Context& ctx, const Config& config)
    : AggregatedStep(ctx, config),
      every_us_(config.integer("every")),
      each_record_(config.find("emit") == "record") {
  if (every_us_ != 0 && each_record_) {
    throw config_error(
        "emit = \"record\" puts out a result for each record, and every = … one for each interval: "
        "leave out one of them");
  }
}

void Running::process(const Batch& in, States<State> states, Out& out) {
  if (each_record_) {
    each_in_turn(aggregated_, in, states, run_, out, [&](uint32_t i) {
      out.current(&in.raw().records[i]);
      out.emit(aggregated_.finish(states[i]));
    });
    out.current(nullptr);
    return;
  }
  aggregated_.add(
      in, 0, in.size(), [&](uint32_t i) -> State& { return states[i]; }, out);
  if (every_us_ != 0) {
    wait_for_timer(in, states);
  } else {
    put_out_changed(in, states, out);
  }
}

// One result for each key of the batch, in the place of its last record.
void Running::put_out_changed(const Batch& in, States<State> states, Out& out) {
  ++run_;
  last_.clear();
  for (uint32_t i = in.size(); i-- > 0;) {
    if (!aggregated_.took(i) || states[i].run == run_) continue;
    states[i].run = run_;
    last_.push_back(i);
  }
  for (size_t k = last_.size(); k-- > 0;) {
    const sh_record& record = in.raw().records[last_[k]];
    past_bad_data(ctx_, record, out, [&] {
      out.current(&record);
      out.emit(aggregated_.finish(states[last_[k]]));
    });
  }
  out.current(nullptr);
}

void Running::wait_for_timer(const Batch& in, States<State> states) {
  const int64_t due = due_us(ctx_.now_us(), every_us_);
  for (uint32_t i = 0; i < in.size(); ++i) {
    if (!aggregated_.took(i)) continue;
    State& s = states[i];
    if (!s.pending) {
      s.pending = true;
      s.time_us = SH_NO_TIME;
      ctx_.timer_set(s, SH_CLOCK_SYSTEM, due);
    }
    s.time_us = std::max(s.time_us, in.raw().records[i].event_time_us);
  }
}

void Running::put_out(std::string_view key, State& state, Out& out) {
  if (!state.pending) return;
  state.pending = false;
  out.emit_at(state.time_us, key, aggregated_.finish(state));
}

void Running::on_timer(std::string_view key, State& state, int64_t, uint64_t, Out& out) {
  put_out(key, state, out);
}

void Running::on_end(std::string_view key, State& state, Out& out) { put_out(key, state, out); }

void Running::save(const State& state, Writer& to) {
  const Saved head{state.time_us, state.pending ? 1 : 0};
  saved_.assign(reinterpret_cast<const char*>(&head), sizeof head);
  aggregated_.save(state, saved_);
  to.write(saved_);
}

Running::State Running::restore(std::string_view saved, uint32_t version) {
  Saved head{};
  if (saved.size() < sizeof head) throw state_error("a saved state of core.aggregate is cut off");
  std::memcpy(&head, saved.data(), sizeof head);
  State state = AggregatedStep::restore(saved.substr(sizeof head), version);
  state.time_us = head.time_us;
  state.pending = head.pending != 0 && state.taken;
  return state;
}

Component aggregate_component() {
  return keyed<Running>("aggregate")
      .summary("Puts out what aggregates make of each key's records so far")
      .options({aggregate_option("what is computed: \"agg.sum\", { use = \"agg.quantile\", … }, or "
                                 "several with names")
                    .named(),
                option("emit", Type::string,
                       "\"change\": at most one result for each key and batch of records; "
                       "\"record\": one for each record")
                    .otherwise("change")
                    .choices({"change", "record"}),
                option("every", Type::duration,
                       "put out what has changed this long after it did, by the wall clock; 0s: at "
                       "once")
                    .otherwise("0s")
                    .at_least(0)});
}

}  // namespace streamhost::core
