// lua.map, filter, flat_map, key_on and branch: a function of (key, value, timestamp).
#pragma once

#include <streamhost/sdk.hpp>

#include "interpreter.h"

namespace streamhost::lua {

// What the script gets and gives, whichever step it is in.
class ScriptStep {
 public:
  ScriptStep(const Context& ctx, const Config& config, const char* loop,
             std::vector<std::string> parameters, bool retain);

  // Runs the loop over the batch; records that the script cannot do are rejected.
  void run(const Batch& in, Slot* const* slots, Out& out);

 protected:
  Context ctx_;
  Interpreter lua_;
};

class Map : public ScriptStep {
 public:
  Map(const Context& ctx, const Config& config);
  void process(const Batch& in, Out& out) { run(in, nullptr, out); }
};

class FlatMap : public ScriptStep {
 public:
  FlatMap(const Context& ctx, const Config& config);
  void process(const Batch& in, Out& out) { run(in, nullptr, out); }
};

class KeyOn : public ScriptStep {
 public:
  KeyOn(const Context& ctx, const Config& config);
  void process(const Batch& in, Out& out) { run(in, nullptr, out); }
};

class Filter : public ScriptStep {
 public:
  Filter(const Context& ctx, const Config& config);
  void process(const Batch& in, Out& out);
};

class Branch : public ScriptStep {
 public:
  Branch(const Context& ctx, const Config& config);
  void process(const Batch& in, Out& out);
};

Component map_component();
Component filter_component();
Component flat_map_component();
Component key_on_component();
Component branch_component();

// The option `output` of components that put out what a script returns.
Option output_option();

}  // namespace streamhost::lua
