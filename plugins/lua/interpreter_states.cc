// The states of keys in an interpreter.
#include "bridge.h"
#include "interpreter.h"

namespace streamhost::lua {

void Interpreter::push_state(lua_State* L, const Slot& slot) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, states_ref_);
  lua_rawgeti(L, -1, slot.ref);
  lua_remove(L, -2);
}

// Keeps what is on top of the stack as the state, and pops it.
void Interpreter::set_state(lua_State* L, Slot& slot) {
  if (slot.ref == 0) {
    slot.ref = Bridge::kFunctions.take_slot(&call_);
    slot.owner = this;
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, states_ref_);
  lua_insert(L, -2);
  lua_rawseti(L, -2, slot.ref);
  lua_pop(L, 1);
}

void Interpreter::release(int32_t ref) {
  lua_rawgeti(L_, LUA_REGISTRYINDEX, states_ref_);
  lua_pushnil(L_);
  lua_rawseti(L_, -2, ref);
  lua_pop(L_, 1);
  free_.push_back(ref);
}

void Interpreter::save(const Slot& slot, std::string& to) {
  const MemoryLimit::Reserve reserve(memory_);
  bool good = true;
  const bool calm = protect([&](lua_State* L) {
    if (slot.ref == 0) {
      lua_pushnil(L);
    } else {
      push_state(L, slot);
    }
    good = codec_.save(L, 1, to);
  });
  if (!calm) throw bad_data("the state cannot be saved: " + message_);
  if (!good) throw bad_data("the state cannot be saved: " + codec_.problem());
}

Slot Interpreter::restore(std::string_view saved) {
  const MemoryLimit::Reserve reserve(memory_);  // as save() may have had
  Slot slot;
  bool good = true;
  const bool calm = protect([&](lua_State* L) {
    good = codec_.restore(L, saved);
    if (good && !lua_isnil(L, -1)) set_state(L, slot);
  });
  if (!calm) throw state_error(message_);
  if (!good) throw state_error(codec_.problem());
  settle_memory();
  return slot;
}

void Interpreter::merge(Slot& into, Slot& from) {
  // Also of empty states: that is how a step asks whether there is a merge.
  if (!has_merge()) {
    throw config_error(
        "states have to be merged here, as in session windows, and the fold has no \"merge\": "
        "write one, such as merge = \"state + other\", or in code or a script function(state, "
        "other), that returns one state of two");
  }
  if (from.ref == 0) return;
  const bool good = protect([&](lua_State* L) {
    if (into.ref == 0) {
      push_state(L, from);
    } else {
      lua_rawgeti(L, LUA_REGISTRYINDEX, merge_ref_);
      push_state(L, into);
      push_state(L, from);
      call_guarded(L, 2, 1);
      if (lua_isnil(L, -1))
        luaL_error(L, "%s: the new state must not be nil", chunks_.back().c_str());
    }
    set_state(L, into);
  });
  if (!good) throw bad_data(message_);
  settle_memory();
}

void Interpreter::finish(const Slot& slot, std::string& json) {
  bool written = true;
  const bool good = protect([&](lua_State* L) {
    if (slot.ref != 0) {
      push_state(L, slot);
    } else if (init_ref_ != LUA_NOREF) {
      lua_rawgeti(L, LUA_REGISTRYINDEX, init_ref_);
      call_guarded(L, 0, 1);
    } else {
      lua_pushnil(L);
    }
    if (finish_ref_ != LUA_NOREF) {
      lua_rawgeti(L, LUA_REGISTRYINDEX, finish_ref_);
      lua_insert(L, -2);
      call_guarded(L, 1, 1);
    }
    json.clear();
    written = writer_.append(L, -1, json);
  });
  if (!good) throw bad_data(message_);
  if (!written) throw bad_data("the result: " + writer_.problem());
  settle_memory();
}

}  // namespace streamhost::lua
