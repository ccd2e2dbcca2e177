#include "stateful.h"

namespace streamhost::lua {

Stateful::Stateful(const Context& ctx, const Config& config, const char* loop)
    : ScriptStep(ctx, config, loop, {"state", "key", "value", "timestamp"}, true) {}

void Stateful::process(const Batch& in, States<State> states, Out& out) {
  slots_.clear();
  for (uint32_t i = 0; i < in.size(); ++i) slots_.push_back(&states[i]);
  run(in, slots_.data(), out);
  // Whether nil was returned, or the first record of the key was an error. Not earlier: a key that
  // lost its state may have got another further on in the batch.
  for (Slot* const slot : slots_) {
    if (slot->ref == 0) ctx_.discard(*slot);
  }
}

void Stateful::save(const State& state, Writer& to) {
  saved_.clear();
  lua_.save(state, saved_);
  to.write(saved_);
}

namespace {

std::vector<Option> options_of(const char* expr_help) {
  std::vector<Option> more;
  more.push_back(output_option());
  return script_options(expr_help, std::move(more));
}

}  // namespace

Component stateful_map_component() {
  return keyed<StatefulMap>("stateful_map")
      .summary("Keeps a Lua value per key, and puts out what a Lua function makes of it")
      .options(
          options_of("the new state, and behind a comma the value to put out (without one, the "
                     "state), of state, key, value and timestamp"));
}

Component stateful_flat_map_component() {
  return keyed<StatefulFlatMap>("stateful_flat_map")
      .summary("Keeps a Lua value per key, and puts out any number of values for each record")
      .options(options_of("the new state, and behind a comma an array of values to put out, of "
                          "state, key, value and timestamp"));
}

}  // namespace streamhost::lua
