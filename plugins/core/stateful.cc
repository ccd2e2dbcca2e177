#include "stateful.h"

#include "json_items.h"
#include "printable.h"
#include "running.h"

namespace streamhost::core {
namespace {

Option state_and_result() {
  return aggregate_option(
             "what keeps the state and makes the result of it: { use = \"lua.fold\", … }, or any "
             "aggregates")
      .named();
}

}  // namespace

void StatefulMap::process(const Batch& in, States<State> states, Out& out) {
  each_in_turn(aggregated_, in, states, run_, out, [&](uint32_t i) {
    out.current(&in.raw().records[i]);
    out.emit(aggregated_.finish(states[i]));
  });
  out.current(nullptr);
}

void StatefulFlatMap::process(const Batch& in, States<State> states, Out& out) {
  each_in_turn(aggregated_, in, states, run_, out, [&](uint32_t i) {
    const std::string_view result = aggregated_.finish(states[i]);
    out.current(&in.raw().records[i]);
    JsonItems items(result);
    while (items.next()) out.emit(items.value());
    if (items.done() || result == "null") return;
    throw bad_data("the result of " + aggregated_.ids() + " is " + printable(result, 80) +
                   ", where an array is needed, of which each element becomes a record");
  });
  out.current(nullptr);
}

Component stateful_map_component() {
  return keyed<StatefulMap>("stateful_map")
      .summary("Puts out for each record what aggregates or a script make of its key so far")
      .options({state_and_result()});
}

Component stateful_flat_map_component() {
  return keyed<StatefulFlatMap>("stateful_flat_map")
      .summary(
          "Puts out for each record the elements of the array that a script makes of its key so "
          "far")
      .options({state_and_result()});
}

}  // namespace streamhost::core
