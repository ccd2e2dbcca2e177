#include "aggregates.h"

namespace streamhost::lua {
namespace {

Interpreter::Settings settings_of(const Config& config) {
  Interpreter::Settings s = Interpreter::settings_of(config);
  s.retain = true;
  return s;
}

// The SDK's table adds records one by one; a script is to see them all.
template <class T>
sh_aggregate table_of() {
  sh_aggregate t = detail::aggregate_table<T>();
  t.add = [](void* self, void* const* states, const sh_record* records, uint32_t count,
             sh_error* error) {
    uint32_t bad = 0;
    const sh_status status = detail::guarded(
        error, [&] { detail::Held<T>::of(self).impl.add(states, records, count, &bad); });
    if (status == SH_E_DATA && error != nullptr) {
      error->flags |= SH_ERR_RECORD;
      error->record = bad;
    }
    return status;
  };
  return t;
}

template <class T, uint32_t Flags>
Component batched_aggregate(const char* name) {
  static const sh_aggregate table = [] {
    sh_aggregate t = table_of<T>();
    t.flags |= Flags;
    return t;
  }();
  Component c = aggregate<T>(name);
  c.raw().aggregate = &table;
  return c;
}

}  // namespace

ScriptAggregate::ScriptAggregate(const Context& ctx, const Config& config)
    : lua_(ctx, settings_of(config)) {}

void ScriptAggregate::add(void* const* states, const sh_record* records, uint32_t count,
                          uint32_t* bad) {
  slots_.clear();
  for (uint32_t i = 0; i < count; ++i) slots_.push_back(static_cast<Slot*>(states[i]));
  lua_.begin(records, count, slots_.data(), nullptr);
  const bool good = lua_.run(0);
  *bad = lua_.call().at;
  lua_.end();
  if (!good) throw bad_data(lua_.message());
}

void ScriptAggregate::add(State& state, const Record& record) {
  void* states[] = {&state};
  uint32_t bad = 0;
  add(states, &record.raw(), 1, &bad);
}

void ScriptAggregate::finish(const State& state, Writer& json) {
  lua_.finish(state, text_);
  json.write(text_);
}

void ScriptAggregate::save(const State& state, Writer& to) {
  text_.clear();
  lua_.save(state, text_);
  to.write(text_);
}

Fold::Fold(const Context& ctx, const Config& config) : ScriptAggregate(ctx, config) {
  const std::pair<const char*, std::vector<std::string>> all[] = {
      {"init", {}},
      {"add", {"state", "key", "value", "timestamp"}},
      {"merge", {"state", "other"}},
      {"finish", {"state"}}};
  std::vector<Script> expressions;
  for (const auto& [name, parameters] : all) {
    const auto source = config.find(name);
    if (!source) continue;
    Script s;
    s.name = name;
    s.source = *source;
    s.expression = true;
    s.plain_text = config.find("codec") == "text" && s.name == "add";
    s.parameters = parameters;
    expressions.push_back(std::move(s));
  }
  const bool code = config.has("code") || config.has("script");
  if (code && !expressions.empty()) {
    throw config_error("give either expressions (init, add, merge, finish) or code or a script");
  }
  if (code) {
    lua_.load_fold(script_of(config, all[1].second, false));
  } else if (config.has("init") && config.has("add")) {
    lua_.load_fold(expressions);
  } else {
    throw config_error("give init and add, or code or a script that returns such functions");
  }
}

Reduce::Reduce(const Context& ctx, const Config& config) : ScriptAggregate(ctx, config) {
  lua_.load_reduce(script_of(config, {"state", "value"}));
}

Component fold_component() {
  std::vector<Option> own;
  own.push_back(option("init", Type::string, "expression: the state before any value"));
  own.push_back(
      option("add", Type::string, "expression: the new state, of state, key, value, timestamp"));
  own.push_back(option("merge", Type::string,
                       "expression: one state of two, state and other; sessions need it"));
  own.push_back(option("finish", Type::string,
                       "expression: the result, of state; the state itself when not given"));
  std::vector<Option> all = script_options("", std::move(own));
  all.erase(all.begin());  // expr: there are four of them
  all[0] = option("code", Type::string,
                  "Lua that returns a table of the functions init, add, merge, finish; instead of "
                  "expressions");
  return batched_aggregate<Fold, SH_AGGREGATE_MERGE_BY_OPTIONS>("fold")
      .summary("Folds values into a state by Lua functions")
      .options(std::move(all));
}

Component reduce_component() {
  return batched_aggregate<Reduce, 0>("reduce")
      .summary("Combines values two by two by a Lua function, beginning with the first")
      .options(script_options("one value of two, state (of those before) and value", {}));
}

}  // namespace streamhost::lua
