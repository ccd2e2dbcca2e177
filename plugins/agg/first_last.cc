#include "first_last.h"

namespace streamhost::agg {

template <bool kLast>
bool Pick<kLast>::replaces(const State& state, int64_t time_us) {
  if (state.json.empty()) return true;
  if (kLast) return time_us >= state.time_us;  // none is the least there is
  return time_us != SH_NO_TIME && (state.time_us == SH_NO_TIME || time_us < state.time_us);
}

template <bool kLast>
void Pick<kLast>::add(States<State> states, const sh_record* records, uint32_t count) {
  input_.values(records, count, [&](const Value& value) {
    State& s = states[value.record()];
    const int64_t time_us = records[value.record()].event_time_us;
    if (!replaces(s, time_us)) return;
    scratch_.clear();
    value.append_json(scratch_);  // may throw
    s.json.assign(scratch_);
    s.time_us = time_us;
  });
}

template <bool kLast>
void Pick<kLast>::merge(State& into, const State& from) {
  if (!from.json.empty() && replaces(into, from.time_us)) into = from;
}

template <bool kLast>
void Pick<kLast>::finish(const State& state, std::string& json) {
  json.append(state.json.empty() ? std::string_view("null") : state.json);
}

template <bool kLast>
void Pick<kLast>::save(const State& state, Saving& to) {
  if (state.json.empty()) return;
  to.integer(state.time_us);
  to.text(state.json);
}

template <bool kLast>
typename Pick<kLast>::State Pick<kLast>::restore(Loading& from) {
  State state;
  if (from.at_end()) return state;
  state.time_us = from.integer();
  state.json = from.json();
  return state;
}

template class Pick<false>;
template class Pick<true>;

}  // namespace streamhost::agg
