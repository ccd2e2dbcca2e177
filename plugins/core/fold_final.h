// fold_final, reduce_final: what aggregates make of each key's records, when the input ends.
#pragma once

#include "aggregated.h"

namespace streamhost::core {

// Nothing is put out before the end, so the host may run it on every worker and merge the states of
// a key, where the aggregates merge.
class FoldFinal : public AggregatedStep<Block> {
 public:
  using AggregatedStep::AggregatedStep;

  void process(const Batch& in, States<Block> states, Out& out) {
    aggregated_.add(
        in, 0, in.size(), [&](uint32_t i) -> Block& { return states[i]; }, out);
  }
  void on_end(std::string_view key, Block& state, Out& out) {
    if (state.taken) out.emit(key, aggregated_.finish(state));  // else every record was rejected
  }
  void merge(Block& into, Block& from) { aggregated_.merge(into, from); }
};

Component fold_final_component();
Component reduce_final_component();

}  // namespace streamhost::core
