// first, last: one value, by event time or by arrival.
#pragma once

#include "input.h"

namespace streamhost::agg {

// A record with an event time counts before one without, in both. Among equal times, or none, the
// order of arrival decides; where states are merged, `into` counts as arrived before `from`.
template <bool kLast>
class Pick {
 public:
  static constexpr const char* kName = kLast ? "agg.last" : "agg.first";
  struct State {
    std::string json;  // empty: there was none
    int64_t time_us = SH_NO_TIME;
  };

  explicit Pick(const Config& config) : input_(config) {}

  void add(States<State> states, const sh_record* records, uint32_t count);
  void merge(State& into, const State& from);
  void finish(const State& state, std::string& json);
  // nothing, or the time and the JSON text
  void save(const State& state, Saving& to);
  State restore(Loading& from);

 private:
  // Whether something at that time, later in arrival, takes the state's place.
  static bool replaces(const State& state, int64_t time_us);

  Input input_;
  std::string scratch_;
};

using First = Pick<false>;
using Last = Pick<true>;

}  // namespace streamhost::agg
