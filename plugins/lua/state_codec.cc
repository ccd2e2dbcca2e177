#include "state_codec.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "json_writer.h"

namespace streamhost::lua {
namespace {

enum Tag : char {
  kNilTag = 0,
  kFalseTag = 1,
  kTrueTag = 2,
  kIntegerTag = 3,
  kNumberTag = 4,
  kStringTag = 5,
  kTableTag = 6,
  kNullTag = 7,
  kListTag = 8,
  kTextTag = 9
};

constexpr double kExact = 9007199254740992;

void put_varint(std::string& to, uint64_t n) {
  for (; n >= 0x80; n >>= 7) to += static_cast<char>(n | 0x80);
  to += static_cast<char>(n);
}

void put_bytes(std::string& to, std::string_view bytes) {
  put_varint(to, bytes.size());
  to += bytes;
}

void put_number(std::string& to, double number) {
  if (std::fabs(number) <= kExact && !(number == 0 && std::signbit(number))) {
    const auto whole = static_cast<int64_t>(number);
    if (static_cast<double>(whole) == number) {
      to += kIntegerTag;
      put_varint(to, static_cast<uint64_t>(whole) << 1 ^ static_cast<uint64_t>(whole >> 63));
      return;
    }
  }
  to += kNumberTag;
  uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  for (int i = 0; i < 8; ++i) to += static_cast<char>(bits >> (8 * i));
}

// How a key is named in a message: .name, [3].
std::string step_of(lua_State* L, int key) {
  char text[32];
  if (lua_type(L, key) == LUA_TNUMBER) {
    return "[" + std::string(text, write_number(text, lua_tonumber(L, key))) + "]";
  }
  if (lua_type(L, key) == LUA_TSTRING) return "." + std::string(lua_tostring(L, key)).substr(0, 40);
  return "[" + std::string(luaL_typename(L, key)) + "]";
}

}  // namespace

bool StateCodec::fail(const std::string& what) {
  problem_ = what;
  return false;
}

bool StateCodec::save(lua_State* L, int index, std::string& to) {
  path_ = "state";
  within_.clear();
  to += static_cast<char>(kVersion);
  return save_value(L, index > 0 ? index : lua_gettop(L) + 1 + index, to);
}

bool StateCodec::save_value(lua_State* L, int index, std::string& to) {
  switch (lua_type(L, index)) {
    case LUA_TNIL: to += kNilTag; return true;
    case LUA_TBOOLEAN: to += lua_toboolean(L, index) != 0 ? kTrueTag : kFalseTag; return true;
    case LUA_TNUMBER: put_number(to, lua_tonumber(L, index)); return true;
    case LUA_TSTRING: {
      size_t size = 0;
      const char* text = lua_tolstring(L, index, &size);
      to += kStringTag;
      put_bytes(to, {text, size});
      return true;
    }
    case LUA_TTABLE: return save_table(L, index, to);
    default: break;
  }
  if (marks_.is_null(L, index)) {
    to += kNullTag;
    return true;
  }
  return fail(path_ + " is a " + luaL_typename(L, index) +
              ": only nil, booleans, numbers, strings and tables of them can be kept");
}

bool StateCodec::save_table(lua_State* L, int index, std::string& to) {
  const void* const metatable = Marks::metatable(L, index);
  if (metatable == marks_.lazy_at) {
    if (!JsonValues::has_kids(L, index)) {
      bool inside = false;
      const std::string_view text = values_.text_of(L, index, &inside);
      to += kTextTag;
      put_bytes(to, text);
      return true;
    }
    values_.make_plain(L, index);
  } else if (metatable != nullptr && metatable != marks_.list_at) {
    return fail(path_ + " is a table with a metatable, which cannot be kept");
  }
  const void* const self = lua_topointer(L, index);
  if (std::find(within_.begin(), within_.end(), self) != within_.end()) {
    return fail(path_ + " is a table that contains itself");
  }
  if (within_.size() == kMostLevels) {
    return fail("the state is nested deeper than " + std::to_string(kMostLevels) + " levels");
  }
  within_.push_back(self);
  luaL_checkstack(L, 8, "the state is nested too deeply");
  to += metatable == marks_.list_at ? kListTag : kTableTag;
  const bool good = save_entries(L, index, to);
  within_.pop_back();
  return good;
}

bool StateCodec::save_entries(lua_State* L, int index, std::string& to) {
  const size_t path = path_.size();
  const auto count = static_cast<int>(lua_objlen(L, index));
  const auto in_list = [&](int key) {
    if (lua_type(L, key) != LUA_TNUMBER) return false;
    const double n = lua_tonumber(L, key);
    return n >= 1 && n <= count && n == std::floor(n);
  };
  put_varint(to, static_cast<uint64_t>(count));
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, index, i);
    path_ += "[" + std::to_string(i) + "]";
    if (!save_value(L, lua_gettop(L), to)) return false;
    path_.resize(path);
    lua_pop(L, 1);
  }
  uint64_t pairs = 0;
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) pairs += in_list(-2) ? 0 : 1;
  put_varint(to, pairs);
  if (pairs == 0) return true;
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    const int value = lua_gettop(L);
    if (in_list(value - 1)) continue;
    path_ += step_of(L, value - 1);
    const int kind = lua_type(L, value - 1);
    if (kind != LUA_TSTRING && kind != LUA_TNUMBER && kind != LUA_TBOOLEAN) {
      return fail(path_ + " has a " + luaL_typename(L, value - 1) +
                  " as key: only strings, numbers and booleans can be kept");
    }
    if (!save_value(L, value - 1, to) || !save_value(L, value, to)) return false;
    path_.resize(path);
  }
  return true;
}

bool StateCodec::restore(lua_State* L, std::string_view saved) {
  rest_ = saved;
  level_ = 0;
  if (rest_.empty()) return corrupt();
  if (static_cast<uint8_t>(rest_[0]) != kVersion) {
    return fail("the saved state has format " + std::to_string(static_cast<uint8_t>(rest_[0])) +
                "; this version reads " + std::to_string(kVersion));
  }
  rest_.remove_prefix(1);
  return restore_value(L) && (rest_.empty() || corrupt());
}

bool StateCodec::take_varint(uint64_t* n) {
  *n = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    *n |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return corrupt();
}

bool StateCodec::take_bytes(std::string_view* bytes) {
  uint64_t size = 0;
  if (!take_varint(&size)) return false;
  if (size > rest_.size()) return corrupt();
  *bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool StateCodec::restore_value(lua_State* L) {
  if (rest_.empty()) return corrupt();
  const char tag = rest_[0];
  luaL_checkstack(L, 8, "the state is nested too deeply");
  if (tag == kTableTag || tag == kListTag) return restore_table(L);
  rest_.remove_prefix(1);
  std::string_view bytes;
  switch (tag) {
    case kNilTag: lua_pushnil(L); return true;
    case kFalseTag:
    case kTrueTag: lua_pushboolean(L, tag == kTrueTag); return true;
    case kNullTag: lua_rawgeti(L, LUA_REGISTRYINDEX, marks_.null); return true;
    case kIntegerTag: {
      uint64_t n = 0;
      if (!take_varint(&n)) return false;
      lua_pushnumber(L, static_cast<double>(static_cast<int64_t>(n >> 1 ^ (0 - (n & 1)))));
      return true;
    }
    case kNumberTag: {
      if (rest_.size() < 8) return corrupt();
      uint64_t bits = 0;
      for (int i = 7; i >= 0; --i) {
        bits = bits << 8 | static_cast<uint8_t>(rest_[static_cast<size_t>(i)]);
      }
      double number = 0;
      std::memcpy(&number, &bits, sizeof number);
      rest_.remove_prefix(8);
      // Any other NaN could be taken for something that is no number.
      lua_pushnumber(L, std::isnan(number) ? std::nan("") : number);
      return true;
    }
    case kStringTag:
      if (!take_bytes(&bytes)) return false;
      lua_pushlstring(L, bytes.data(), bytes.size());
      return true;
    case kTextTag:
      if (!take_bytes(&bytes)) return false;
      if (bytes.size() < 2 || bytes[0] != '{') return corrupt();
      values_.push_kept(L, bytes);
      return true;
    default: return corrupt();
  }
}

bool StateCodec::restore_table(lua_State* L) {
  if (level_ == kMostLevels) return corrupt();
  ++level_;
  const bool list = rest_[0] == kListTag;
  rest_.remove_prefix(1);
  uint64_t count = 0;
  if (!take_varint(&count)) return false;
  if (count > rest_.size()) return corrupt();  // each takes a byte at least
  lua_createtable(L, static_cast<int>(std::min<uint64_t>(count, 65536)), 0);
  const int table = lua_gettop(L);
  for (uint64_t i = 1; i <= count; ++i) {
    if (!restore_value(L)) return false;
    lua_rawseti(L, table, static_cast<int>(i));
  }
  uint64_t pairs = 0;
  if (!take_varint(&pairs)) return false;
  if (pairs > rest_.size()) return corrupt();
  for (uint64_t i = 0; i < pairs; ++i) {
    if (rest_.empty()) return corrupt();
    const char tag = rest_[0];
    const bool key = tag == kStringTag || tag == kIntegerTag || tag == kNumberTag ||
                     tag == kFalseTag || tag == kTrueTag;
    if (!key) return corrupt();
    if (!restore_value(L)) return false;
    if (lua_type(L, -1) == LUA_TNUMBER && std::isnan(lua_tonumber(L, -1))) return corrupt();
    if (!restore_value(L)) return false;
    lua_rawset(L, table);
  }
  if (list) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, marks_.list);
    lua_setmetatable(L, table);
  }
  --level_;
  return true;
}

}  // namespace streamhost::lua
