// lua.fold and lua.reduce: many values to one, by Lua functions.
#pragma once

#include <streamhost/sdk.hpp>

#include <vector>

#include "interpreter.h"

namespace streamhost::lua {

class ScriptAggregate {
 public:
  using State = Slot;
  static constexpr uint32_t state_version = StateCodec::kVersion;

  // Adds record i to states[i]. Throws bad_data with *bad set to the record that the script cannot
  // do; those before it are done.
  void add(void* const* states, const sh_record* records, uint32_t count, uint32_t* bad);
  void merge(State& into, State& from) { lua_.merge(into, from); }
  void finish(const State& state, Writer& json);
  void save(const State& state, Writer& to);
  State restore(std::string_view saved, uint32_t) { return lua_.restore(saved); }

  // What the SDK calls where records come one by one.
  void add(State& state, const Record& record);

 protected:
  ScriptAggregate(const Context& ctx, const Config& config);

  Interpreter lua_;

 private:
  std::vector<Slot*> slots_;
  std::string text_;
};

class Fold : public ScriptAggregate {
 public:
  Fold(const Context& ctx, const Config& config);
};

class Reduce : public ScriptAggregate {
 public:
  Reduce(const Context& ctx, const Config& config);
};

Component fold_component();
Component reduce_component();

}  // namespace streamhost::lua
