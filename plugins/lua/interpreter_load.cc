// How an interpreter is set up, and a script loaded into it.
#include <algorithm>

#include "bridge.h"
#include "interpreter.h"
#include "prelude.h"
#include "source.h"

namespace streamhost::lua {
namespace {

// A name for the function that counts, and for the two of text_expression(), that the script does
// not use itself.
std::string unused_name(const std::vector<Token>& tokens, std::string name) {
  while (uses_of(tokens, name) != 0) name += '_';
  return name;
}

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& n : names) all += (all.empty() ? "" : ", ") + n;
  return all;
}

void set_field(lua_State* L, const char* name, int ref) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
  lua_setfield(L, -2, name);
}

}  // namespace

void Interpreter::push_prelude_arguments(lua_State* L) {
  lua_newtable(L);
  lua_pushlightuserdata(L, &call_);
  lua_setfield(L, -2, "call");
  lua_pushlightuserdata(L, const_cast<Functions*>(&Bridge::kFunctions));
  lua_setfield(L, -2, "functions");
  set_field(L, "lazy", marks_.lazy);
  set_field(L, "list", marks_.list);
  set_field(L, "null", marks_.null);
  set_field(L, "states", states_ref_);

  // absent stands for no value, and so does nothing itself.
  marks_.absent_at = lua_newuserdata(L, 0);
  lua_newtable(L);
  lua_pushliteral(L, "absent");
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_setfield(L, -2, "absent");

  const std::pair<const char*, lua_CFunction> functions[] = {
      {"fill", Bridge::fill},           {"fields", Bridge::fields},
      {"revive", Bridge::fields},       {"put_other", Bridge::put_other},
      {"put_items", Bridge::put_items}, {"encode", Bridge::encode},
      {"decode", Bridge::decode}};
  for (const auto& [name, function] : functions) {
    lua_pushlightuserdata(L, this);
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, name);
  }
  const std::pair<const char*, bool> flags[] = {
      {"json", settings_.json}, {"quoted", settings_.quoted}, {"retain", settings_.retain}};
  for (const auto& [name, value] : flags) {
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
  }
  lua_pushnumber(L, static_cast<double>(settings_.instruction_limit));
  lua_setfield(L, -2, "instruction_limit");
}

void Interpreter::set_up(lua_State* L) {
  luaL_openlibs(L);
  renew_thread(L);
  const auto take = [L](int* ref, const void** at) {
    *at = lua_topointer(L, -1);
    *ref = luaL_ref(L, LUA_REGISTRYINDEX);
  };
  lua_newtable(L);
  take(&marks_.lazy, &marks_.lazy_at);
  lua_newtable(L);
  take(&marks_.list, &marks_.list_at);
  lua_newtable(L);
  states_ref_ = luaL_ref(L, LUA_REGISTRYINDEX);

  marks_.null_at = lua_newuserdata(L, 0);
  lua_newtable(L);
  lua_pushliteral(L, "null");
  lua_setfield(L, -2, "__metatable");
  lua_pushcfunction(L, [](lua_State* l) -> int {
    lua_pushliteral(l, "null");
    return 1;
  });
  lua_setfield(L, -2, "__tostring");
  lua_setmetatable(L, -2);
  marks_.null = luaL_ref(L, LUA_REGISTRYINDEX);

  if (luaL_loadbuffer(L, kPrelude.data(), kPrelude.size(), "=prelude") != 0) lua_error(L);
  push_prelude_arguments(L);
  lua_call(L, 1, 1);
  module_ref_ = luaL_ref(L, LUA_REGISTRYINDEX);
}

void Interpreter::require(bool good) const {
  if (good) return;
  for (const std::string& chunk : chunks_) {
    if (message_.starts_with(chunk + ":")) throw config_error(message_);
  }
  throw config_error(chunks_.back() + ": " + message_);
}

// Loads `source` as it is to be run; it is known to be valid.
void Interpreter::compile(lua_State* L, const Script& script, const std::string& source) {
  const std::string name = "=" + script.name;
  if (luaL_loadbufferx(L, source.data(), source.size(), name.c_str(), "t") != 0) lua_error(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, module_ref_);
  const int module = lua_gettop(L);
  lua_getfield(L, module, "env");
  lua_setfenv(L, -3);
  for (const char* function : {"tick", "is", "number"}) lua_getfield(L, module, function);
  lua_remove(L, module);
  call_guarded(L, 3, 1);
}

// Pushes what the script returns: a function, when it is an expression.
void Interpreter::load_chunk(lua_State* L, const Script& script) {
  const std::string name = "=" + script.name;
  std::string source = script.source;
  if (script.expression) source = "return " + source;
  // Mistakes are found in the text as it was written.
  if (luaL_loadbufferx(L, source.data(), source.size(), name.c_str(), "t") != 0) lua_error(L);
  lua_pop(L, 1);
  source = script.source;
  const std::vector<Token> tokens = tokens_of(source);
  const std::string tick = unused_name(tokens, "tick_");
  const std::string is = unused_name(tokens, "is_");
  const std::string number = unused_name(tokens, "number_");
  if (script.expression) {
    // Without a comment at its end, and in one line with what comes behind it: errors name that.
    if (!tokens.empty()) source.resize(tokens.back().end);
    if (script.plain_text) source = text_expression(source, number, is).source;
    const bool both = script.both && is_single_expression(source);
    const std::string body =
        both             ? "local state = " + source + " return state, state"
        : script.several ? "return " + source
                         // In brackets it is no tail call, which would leave no trace in messages.
                         : "return (" + source + ")";
    source = "return function(" + joined(script.parameters) + ") " + body + " end";
  }
  compile(L, script,
          "local " + tick + "," + is + "," + number + "=...;" + with_ticks(source, tick));
}

void Interpreter::load_function(lua_State* L, const Script& script) {
  load_chunk(L, script);
  if (lua_isfunction(L, -1)) return;
  luaL_error(L, "%s: it must return a function of (%s), not a %s", script.name.c_str(),
             joined(script.parameters).c_str(), luaL_typename(L, -1));
}

void Interpreter::make_loop(lua_State* L, const char* loop, const Script& script, int functions,
                            int looking) {
  std::string source = script.source;
  if (script.expression && script.plain_text) source = text_expression(source, "n_", "s_").source;
  const std::vector<Token> tokens = tokens_of(source);
  const bool dots =
      std::any_of(tokens.begin(), tokens.end(), [](const Token& t) { return t.is("..."); });
  lua_rawgeti(L, LUA_REGISTRYINDEX, module_ref_);
  lua_getfield(L, -1, "loop");
  lua_remove(L, -2);
  lua_pushstring(L, loop);
  lua_pushvalue(L, functions);
  bool keeps_value = false;
  for (const std::string_view name : {"key", "value", "timestamp"}) {
    const auto at = std::find(script.parameters.begin(), script.parameters.end(), name);
    bool used = at != script.parameters.end();
    std::string own_name(name);
    if (used && script.expression) {
      used = uses_of(tokens, name) != 0;
    } else if (used) {
      // A parameter whose name stands nowhere else is not looked at.
      lua_pushvalue(L, looking);
      const char* const own =
          lua_getlocal(L, nullptr, static_cast<int>(at - script.parameters.begin()) + 1);
      lua_pop(L, 1);
      used = dots || (own != nullptr && uses_of(tokens, own) > 1);
      if (own != nullptr) own_name = own;
    }
    // The first value that lua.reduce meets is a state itself, whatever the function looks at.
    const bool reduces = script.parameters.size() == 2;
    if (name == "value" && (used || reduces)) {
      used = true;
      keeps_value = settings_.retain && (dots || reduces || is_used_whole(tokens, own_name));
    }
    lua_pushboolean(L, used);
  }
  lua_pushboolean(L, keeps_value);
  call_guarded(L, 6, 1);
  loop_ref_ = luaL_ref(L, LUA_REGISTRYINDEX);
}

void Interpreter::load(const char* loop, const Script& script) {
  chunks_ = {script.name};
  require(protect([&](lua_State* L) {
    load_function(L, script);
    make_loop(L, loop, script, 1, 1);
  }));
}

void Interpreter::load_reduce(const Script& script) {
  chunks_ = {script.name};
  require(protect([&](lua_State* L) {
    load_function(L, script);
    lua_newtable(L);
    lua_pushvalue(L, 1);
    lua_setfield(L, 2, "reduce");
    make_loop(L, "fold", script, 2, 1);
    lua_pushvalue(L, 1);
    merge_ref_ = luaL_ref(L, LUA_REGISTRYINDEX);
  }));
}

// Of the table of functions at `table`; `add` and `init` must be there.
void Interpreter::take_functions(lua_State* L, int table) {
  const std::pair<const char*, int*> all[] = {
      {"add", nullptr}, {"init", &init_ref_}, {"merge", &merge_ref_}, {"finish", &finish_ref_}};
  for (const auto& [name, ref] : all) {
    lua_getfield(L, table, name);
    const bool needed = ref == nullptr || ref == &init_ref_;
    if (lua_isnil(L, -1) && !needed) {
      lua_pop(L, 1);
      continue;
    }
    if (!lua_isfunction(L, -1)) {
      luaL_error(L, "%s: \"%s\" must be a function, not %s", chunks_.back().c_str(), name,
                 luaL_typename(L, -1));
    }
    if (ref != nullptr) {
      *ref = luaL_ref(L, LUA_REGISTRYINDEX);
    } else {
      lua_pop(L, 1);
    }
  }
}

void Interpreter::load_fold(const Script& script) {
  chunks_ = {script.name};
  require(protect([&](lua_State* L) {
    load_chunk(L, script);
    if (!lua_istable(L, 1)) {
      luaL_error(
          L, "%s: it must return a table of the functions init, add, merge and finish, not a %s",
          script.name.c_str(), luaL_typename(L, 1));
    }
    take_functions(L, 1);
    lua_getfield(L, 1, "add");
    make_loop(L, "fold", script, 1, 2);
  }));
}

void Interpreter::load_fold(const std::vector<Script>& expressions) {
  chunks_.clear();
  for (const Script& s : expressions) chunks_.push_back(s.name);
  require(protect([&](lua_State* L) {
    lua_newtable(L);
    for (const Script& s : expressions) {
      load_function(L, s);
      lua_setfield(L, 1, s.name.c_str());
    }
    take_functions(L, 1);
    lua_getfield(L, 1, "add");
    const auto add = std::find_if(expressions.begin(), expressions.end(),
                                  [](const Script& s) { return s.name == "add"; });
    make_loop(L, "fold", *add, 1, 2);
  }));
}

}  // namespace streamhost::lua
