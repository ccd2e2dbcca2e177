// lua.stateful_map and lua.stateful_flat_map: a function of (state, key, value, timestamp) that
// returns the new state of the key and what to put out.
#pragma once

#include <streamhost/sdk.hpp>

#include <vector>

#include "operators.h"

namespace streamhost::lua {

class Stateful : public ScriptStep {
 public:
  using State = Slot;
  static constexpr uint32_t state_version = StateCodec::kVersion;

  void process(const Batch& in, States<State> states, Out& out);
  void save(const State& state, Writer& to);
  State restore(std::string_view saved, uint32_t) { return lua_.restore(saved); }

 protected:
  Stateful(const Context& ctx, const Config& config, const char* loop);

 private:
  std::vector<Slot*> slots_;
  std::string saved_;
};

class StatefulMap : public Stateful {
 public:
  StatefulMap(const Context& ctx, const Config& config) : Stateful(ctx, config, "stateful_map") {}
};

class StatefulFlatMap : public Stateful {
 public:
  StatefulFlatMap(const Context& ctx, const Config& config)
      : Stateful(ctx, config, "stateful_flat_map") {}
};

Component stateful_map_component();
Component stateful_flat_map_component();

}  // namespace streamhost::lua
