#include "json_writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <vector>

#include "common/json_string.h"

namespace streamhost::lua {

char* write_number(char* to, double number) {
  if (!std::isfinite(number)) {
    std::memcpy(to, "null", 4);
    return to + 4;
  }
  constexpr double kExact = 9007199254740992;
  if (std::fabs(number) <= kExact) {
    const auto whole = static_cast<int64_t>(number);
    if (static_cast<double>(whole) == number) return std::to_chars(to, to + 32, whole).ptr;
  }
  return std::to_chars(to, to + 32, number).ptr;
}

bool JsonWriter::fail(const std::string& what) {
  problem_ = what;
  if (!path_.empty()) problem_ += " (at " + path_.substr(path_[0] == '.' ? 1 : 0) + ")";
  return false;
}

bool JsonWriter::append(lua_State* L, int index, std::string& to) {
  path_.clear();
  level_ = 0;
  return append_value(L, index > 0 ? index : lua_gettop(L) + 1 + index, to);
}

bool JsonWriter::append_value(lua_State* L, int index, std::string& to) {
  switch (lua_type(L, index)) {
    case LUA_TSTRING: {
      size_t size = 0;
      const char* text = lua_tolstring(L, index, &size);
      plugin_common::append_json_string(to, {text, size});
      return true;
    }
    case LUA_TNUMBER: {
      char text[32];
      to.append(text, write_number(text, lua_tonumber(L, index)));
      return true;
    }
    case LUA_TBOOLEAN: to += lua_toboolean(L, index) != 0 ? "true" : "false"; return true;
    case LUA_TNIL: to += "null"; return true;
    case LUA_TTABLE: return append_table(L, index, to);
    default: break;
  }
  if (marks_.is_null(L, index)) {
    to += "null";
    return true;
  }
  if (marks_.is_absent(L, index)) return fail("absent has no place within a value");
  return fail("a " + std::string(luaL_typename(L, index)) + " cannot be written as JSON");
}

bool JsonWriter::append_table(lua_State* L, int index, std::string& to) {
  const void* const metatable = Marks::metatable(L, index);
  if (metatable == marks_.lazy_at) {
    if (!JsonValues::has_kids(L, index)) {
      bool inside = false;
      to += values_.text_of(L, index, &inside);
      return true;
    }
    values_.make_plain(L, index);
  }
  if (level_ == kMostLevels) {
    path_.clear();
    return fail("a table is nested deeper than " + std::to_string(kMostLevels) +
                " levels, or contains itself");
  }
  ++level_;
  luaL_checkstack(L, 8, "a table is nested too deeply");
  const size_t size = lua_objlen(L, index);
  size_t entries = 0, names = 0;
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    lua_pop(L, 1);
    ++entries;
    if (lua_type(L, -1) == LUA_TSTRING) {
      ++names;
    } else if (lua_type(L, -1) != LUA_TNUMBER) {
      return fail("a table has a " + std::string(luaL_typename(L, -1)) +
                  " as key, where JSON needs strings");
    }
  }
  bool good = false;
  if (names == entries && (entries > 0 || metatable != marks_.list_at)) {
    good = append_object(L, index, to);
  } else if (names != 0) {
    return fail("a table has both strings and numbers as keys");
  } else if (entries != size) {
    return fail("a table has numbers as keys that are not 1, 2, 3 and so on; use tostring()");
  } else {
    good = append_array(L, index, size, to);
  }
  --level_;
  return good;
}

bool JsonWriter::append_array(lua_State* L, int index, size_t count, std::string& to) {
  const size_t path = path_.size();
  to += '[';
  for (size_t i = 1; i <= count; ++i) {
    if (i != 1) to += ',';
    path_ += "[" + std::to_string(i) + "]";
    lua_rawgeti(L, index, static_cast<int>(i));
    if (!append_value(L, lua_gettop(L), to)) return false;
    lua_pop(L, 1);
    path_.resize(path);
  }
  to += ']';
  return true;
}

bool JsonWriter::append_object(lua_State* L, int index, std::string& to) {
  // The names stay where they are: the table holds them.
  std::vector<std::string_view> names;
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    lua_pop(L, 1);
    size_t size = 0;
    const char* name = lua_tolstring(L, -1, &size);
    names.emplace_back(name, size);
  }
  std::sort(names.begin(), names.end());
  const size_t path = path_.size();
  char before = '{';
  for (const std::string_view name : names) {
    to += before;
    before = ',';
    plugin_common::append_json_string(to, name);
    to += ':';
    path_ += ".";
    path_ += name.substr(0, 40);
    lua_pushlstring(L, name.data(), name.size());
    lua_rawget(L, index);
    if (!append_value(L, lua_gettop(L), to)) return false;
    lua_pop(L, 1);
    path_.resize(path);
  }
  to += names.empty() ? "{}" : "}";
  return true;
}

}  // namespace streamhost::lua
