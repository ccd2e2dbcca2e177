#include "json_values.h"

namespace streamhost::lua {
namespace {

// The fields of a lazy object.
constexpr std::string_view kRecord("\0record", 7);
constexpr std::string_view kNode("\0node", 5);
constexpr std::string_view kText("\0text", 5);
constexpr std::string_view kKids("\0kids", 5);

// Pushes a field of the table at `table` as it is.
void raw_field(lua_State* L, int table, std::string_view name) {
  lua_pushlstring(L, name.data(), name.size());
  lua_rawget(L, table);
}
// Sets a field to what is on top of the stack, and pops it.
void set_raw_field(lua_State* L, int table, std::string_view name) {
  lua_pushlstring(L, name.data(), name.size());
  lua_insert(L, -2);
  lua_rawset(L, table);
}
int absolute(lua_State* L, int index) { return index > 0 ? index : lua_gettop(L) + 1 + index; }

struct Lazy {
  double record;
  uint32_t node;
  int text, kids;  // where they lie on the stack
};
// Pushes text and kids.
Lazy read_lazy(lua_State* L, int table) {
  Lazy lazy{};
  raw_field(L, table, kRecord);
  lazy.record = lua_tonumber(L, -1);
  raw_field(L, table, kNode);
  const double node = lua_tonumber(L, -1);
  lazy.node = node >= 0 && node < UINT32_MAX ? static_cast<uint32_t>(node) : UINT32_MAX;
  lua_pop(L, 2);
  raw_field(L, table, kText);
  lazy.text = lua_gettop(L);
  raw_field(L, table, kKids);
  lazy.kids = lua_gettop(L);
  return lazy;
}

std::string_view text_at(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TSTRING) {
    lua_pushliteral(L,
                    "this JSON object belongs to an earlier record: keep the fields that are "
                    "needed, not the object");
    lua_error(L);
  }
  size_t size = 0;
  const char* text = lua_tolstring(L, index, &size);
  return {text, size};
}

}  // namespace

Document* JsonValues::document(double record) {
  if (!in_hand(record)) return nullptr;
  if (open_ != record) {
    open_ = kNone;
    if (!current_.open(call_.at)) return nullptr;
    open_ = record;
  }
  return &current_;
}

void JsonValues::raise(lua_State* L, const Document& from) {
  lua_pushliteral(L, "the value ");
  lua_pushlstring(L, from.problem().data(), from.problem().size());
  lua_concat(L, 2);
  lua_error(L);
  __builtin_unreachable();
}

void JsonValues::push_lazy(lua_State* L, double record, uint32_t node, int text) {
  lua_createtable(L, 0, 4);
  const int table = lua_gettop(L);
  lua_pushnumber(L, record);
  set_raw_field(L, table, kRecord);
  lua_pushnumber(L, node);
  set_raw_field(L, table, kNode);
  lua_pushvalue(L, text);
  set_raw_field(L, table, kText);
  lua_pushboolean(L, 0);
  set_raw_field(L, table, kKids);
  lua_rawgeti(L, LUA_REGISTRYINDEX, marks_.lazy);
  lua_setmetatable(L, table);
}

void JsonValues::push(lua_State* L, Document& from, const Document::Value& value, double record,
                      int text, int level) {
  luaL_checkstack(L, 12, "the value is nested too deeply");
  switch (value.kind) {
    case kNumber: lua_pushnumber(L, value.number); break;
    case kString: lua_pushlstring(L, value.text.data(), value.text.size()); break;
    case kTrue: lua_pushboolean(L, 1); break;
    case kFalse: lua_pushboolean(L, 0); break;
    case kNull: lua_rawgeti(L, LUA_REGISTRYINDEX, marks_.null); break;
    case kArray: push_elements(L, from, value.node, record, text, level + 1); break;
    case kObject:
      if (record != kNone) {
        push_lazy(L, record, value.node, text);
      } else {
        lua_newtable(L);
        set_fields(L, from, value.node, record, text, 0, lua_gettop(L), level + 1);
      }
      break;
    default: raise(L, from);
  }
}

void JsonValues::push_elements(lua_State* L, Document& from, uint32_t node, double record, int text,
                               int level) {
  if (level > kMostLevels) {
    luaL_error(L, "the value is nested deeper than %d levels", kMostLevels);
  }
  lua_newtable(L);
  const int table = lua_gettop(L);
  int count = 0;
  const bool good = from.elements(node, [&](const Document::Value& value) {
    push(L, from, value, record, text, level);
    lua_rawseti(L, table, ++count);
  });
  if (!good) raise(L, from);
  lua_rawgeti(L, LUA_REGISTRYINDEX, marks_.list);
  lua_setmetatable(L, table);
}

// `kids`: where the tables that were given out are, or 0.
void JsonValues::set_fields(lua_State* L, Document& from, uint32_t node, double record, int text,
                            int kids, int table, int level) {
  if (level > kMostLevels) {
    luaL_error(L, "the value is nested deeper than %d levels", kMostLevels);
  }
  const bool good = from.members(node, [&](std::string_view name, const Document::Value& value) {
    lua_pushlstring(L, name.data(), name.size());
    lua_pushvalue(L, -1);
    lua_rawget(L, table);
    const bool known = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (known) {
      lua_pop(L, 1);
      return;
    }
    if (kids != 0) {
      lua_pushvalue(L, -1);
      lua_rawget(L, kids);
      if (!lua_isnil(L, -1)) {
        lua_rawset(L, table);
        return;
      }
      lua_pop(L, 1);
    }
    push(L, from, value, record, text, level);
    lua_rawset(L, table);
  });
  if (!good) raise(L, from);
}

void JsonValues::push_array(lua_State* L, double record, uint32_t node, int text) {
  Document* const from = document(record);
  if (from == nullptr) raise(L, current_);
  push_elements(L, *from, node, record, text, 0);
}

void JsonValues::make_plain(lua_State* L, int index) {
  const int table = absolute(L, index);
  const int top = lua_gettop(L);
  const Lazy lazy = read_lazy(L, table);
  Document* from = document(lazy.record);
  double record = lazy.record;
  if (from == nullptr) {
    if (in_hand(lazy.record)) raise(L, current_);
    if (!other_.open_text(text_at(L, lazy.text))) raise(L, other_);
    from = &other_;
    record = kNone;
  }
  for (const std::string_view name : {kRecord, kNode, kText, kKids}) {
    lua_pushnil(L);
    set_raw_field(L, table, name);
  }
  lua_pushnil(L);
  lua_setmetatable(L, table);
  const int kids = lua_istable(L, lazy.kids) ? lazy.kids : 0;
  set_fields(L, *from, lazy.node, record, lazy.text, kids, table, 0);
  lua_settop(L, top);
}

void JsonValues::push_text(lua_State* L, std::string_view text) {
  if (!other_.open_text(text)) raise(L, other_);
  lua_pushboolean(L, 0);
  push(L, other_, other_.root(), kNone, lua_gettop(L), 0);
  lua_remove(L, -2);
}

std::string_view JsonValues::text_of(lua_State* L, int index, bool* inside) {
  const Lazy lazy = read_lazy(L, absolute(L, index));
  Document* from = document(lazy.record);
  *inside = from != nullptr;
  if (from == nullptr) {
    if (in_hand(lazy.record)) raise(L, current_);
    if (!other_.open_text(text_at(L, lazy.text))) raise(L, other_);
    from = &other_;
  }
  const std::string_view text = from->text_of(lazy.node);
  if (text.empty()) raise(L, *from);
  lua_pop(L, 2);
  return text;
}

bool JsonValues::has_kids(lua_State* L, int index) {
  raw_field(L, absolute(L, index), kKids);
  const bool has = lua_istable(L, -1);
  lua_pop(L, 1);
  return has;
}

void JsonValues::push_kept(lua_State* L, std::string_view text) {
  lua_pushlstring(L, text.data(), text.size());
  push_lazy(L, kNone, 0, lua_gettop(L));
  lua_remove(L, -2);
}

}  // namespace streamhost::lua
