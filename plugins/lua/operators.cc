#include "operators.h"

#include <algorithm>

namespace streamhost::lua {
namespace {

const std::vector<std::string> kParameters = {"key", "value", "timestamp"};

Interpreter::Settings settings_of(const Config& config, const char* loop, bool retain) {
  Interpreter::Settings s = Interpreter::settings_of(config);
  const bool puts = std::string_view(loop).ends_with("map");
  if (const auto output = puts ? config.find("output") : std::nullopt) s.quoted = output == "json";
  s.retain = retain;
  return s;
}

}  // namespace

ScriptStep::ScriptStep(const Context& ctx, const Config& config, const char* loop,
                       std::vector<std::string> parameters, bool retain)
    : ctx_(ctx), lua_(ctx, settings_of(config, loop, retain)) {
  Script script = script_of(config, std::move(parameters));
  script.both = std::string_view(loop) == "stateful_map";
  script.several = std::string_view(loop).starts_with("stateful");
  lua_.load(loop, script);
}

void ScriptStep::run(const Batch& in, Slot* const* slots, Out& out) {
  lua_.begin(in, slots, &out);
  for (uint32_t from = 0; from < in.size() && !lua_.run(from);) {
    const uint32_t bad = lua_.call().at;
    out.flush();
    ctx_.reject(in.raw().records[bad], lua_.message());
    from = bad + 1;
  }
  lua_.end();
}

Map::Map(const Context& ctx, const Config& config)
    : ScriptStep(ctx, config, "map", kParameters, false) {}
FlatMap::FlatMap(const Context& ctx, const Config& config)
    : ScriptStep(ctx, config, "flat_map", kParameters, false) {}
KeyOn::KeyOn(const Context& ctx, const Config& config)
    : ScriptStep(ctx, config, "key_on", kParameters, false) {}
Filter::Filter(const Context& ctx, const Config& config)
    : ScriptStep(ctx, config, "filter", kParameters, false) {}
Branch::Branch(const Context& ctx, const Config& config)
    : ScriptStep(ctx, config, "branch", kParameters, false) {}

void Filter::process(const Batch& in, Out& out) {
  run(in, nullptr, out);
  const uint32_t passed = lua_.call().chosen_count;
  if (passed == in.size()) return out.forward(in);
  for (uint32_t i = 0; i < passed; ++i) out.push(in.raw().records[lua_.call().chosen[i]]);
}

void Branch::process(const Batch& in, Out& out) {
  run(in, nullptr, out);
  const uint32_t* const side = lua_.call().chosen;
  for (const uint32_t port : {0u, 1u}) {
    out.port(port);
    const auto here = std::count(side, side + in.size(), port + 1);
    if (here == in.size()) {
      out.forward(in);
      continue;
    }
    for (uint32_t i = 0; here != 0 && i < in.size(); ++i) {
      if (side[i] == port + 1) out.push(in.raw().records[i]);
    }
  }
  out.port(0);
}

Option output_option() {
  return option("output", Type::string,
                "how results are written: json, or text, where a string is put out as it is; like "
                "codec when not given")
      .choices({"json", "text"});
}

Component map_component() {
  return op<Map>("map")
      .summary("Makes a new value of each record by a Lua function; nil drops the record")
      .options(script_options("the new value, of key, value and timestamp", [] {
        std::vector<Option> more;
        more.push_back(output_option());
        return more;
      }()));
}

Component filter_component() {
  return op<Filter>("filter")
      .summary("Passes the records for which a Lua function returns neither false, nil nor null")
      .options(script_options("what must hold, of key, value and timestamp", {}));
}

Component flat_map_component() {
  return op<FlatMap>("flat_map")
      .summary("Makes any number of values of each record by a Lua function that returns an array")
      .options(script_options("the array, of key, value and timestamp", [] {
        std::vector<Option> more;
        more.push_back(output_option());
        return more;
      }()));
}

Component key_on_component() {
  return op<KeyOn>("key_on")
      .summary("Gives each record the key that a Lua function returns")
      .options(script_options("the key, a string or number, of key, value and timestamp", {}));
}

Component branch_component() {
  return op<Branch>("branch")
      .summary("Sends each record one of two ways, as a Lua function says")
      .options(script_options("the question, of key, value and timestamp", {}))
      .outputs({{"true", "records for which the function returns neither false, nil nor null"},
                {"false", "all others"}});
}

}  // namespace streamhost::lua
