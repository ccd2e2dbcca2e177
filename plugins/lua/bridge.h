// The functions that the Lua side of an interpreter calls.
#pragma once

#include <lua.hpp>

#include "call.h"

namespace streamhost::lua {

struct Bridge {
  static const Functions kFunctions;

  // Called by way of Lua's stack, by the rarer paths; upvalue 1 is the interpreter.
  static int fill(lua_State* L);       // (record, node, text) -> array
  static int fields(lua_State* L);     // (lazy object): makes it plain
  static int put_other(lua_State* L);  // (any value) -> whether the call goes on
  // (table, what it is called) -> the same; puts out its items, or none when one cannot be.
  static int put_items(lua_State* L);
  static int encode(lua_State* L);  // (any value) -> JSON text
  static int decode(lua_State* L);  // (JSON text) -> value
  // Pushes onto `L` one line about the error that ended `thread`, with a position in the script.
  static void describe(lua_State* L, lua_State* thread, const Interpreter& interpreter);

  // Runs `body(out)`; 0 when it throws, and then the exception is kept for Interpreter::run().
  template <class Body>
  static int32_t put(Call* c, Body&& body) noexcept;
};

}  // namespace streamhost::lua
