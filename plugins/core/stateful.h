// stateful_map, stateful_flat_map: for every record what aggregates make of its key so far.
#pragma once

#include "aggregated.h"

namespace streamhost::core {

struct StatefulState : Block {
  uint64_t run;  // the last one in which the key came up, see each_in_turn()
};

// A record for each record, with the result as value.
class StatefulMap : public AggregatedStep<StatefulState> {
 public:
  using AggregatedStep::AggregatedStep;
  void process(const Batch& in, States<State> states, Out& out);

 private:
  uint64_t run_ = 0;
};

// The result is an array, and each element becomes a record; null is an empty one. A record for
// which it is anything else is rejected, though it stays in the state.
class StatefulFlatMap : public AggregatedStep<StatefulState> {
 public:
  using AggregatedStep::AggregatedStep;
  void process(const Batch& in, States<State> states, Out& out);

 private:
  uint64_t run_ = 0;
};

Component stateful_map_component();
Component stateful_flat_map_component();

}  // namespace streamhost::core
