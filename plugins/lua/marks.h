// The values by which Lua and C++ know each other's things.
#pragma once

#include <lua.hpp>

namespace streamhost::lua {

struct Marks {
  int lazy = LUA_NOREF;  // references in the registry
  int list = LUA_NOREF;
  int null = LUA_NOREF;
  const void* lazy_at = nullptr;    // metatable of objects of a document, see prelude.lua
  const void* list_at = nullptr;    // metatable of tables that are arrays even when they are empty
  const void* null_at = nullptr;    // JSON's null
  const void* absent_at = nullptr;  // "no value at all", for results

  // The metatable of the table at `index`, or null.
  static const void* metatable(lua_State* L, int index) {
    if (lua_getmetatable(L, index) == 0) return nullptr;
    const void* at = lua_topointer(L, -1);
    lua_pop(L, 1);
    return at;
  }
  bool is_lazy(lua_State* L, int index) const {
    return lua_istable(L, index) && metatable(L, index) == lazy_at;
  }
  bool is_null(lua_State* L, int index) const {
    return lua_isuserdata(L, index) && lua_touserdata(L, index) == null_at;
  }
  bool is_absent(lua_State* L, int index) const {
    return lua_isuserdata(L, index) && lua_touserdata(L, index) == absent_at;
  }
};

// No table is written or saved that is nested deeper; so no recursion here is deeper either.
inline constexpr int kMostLevels = 200;

}  // namespace streamhost::lua
