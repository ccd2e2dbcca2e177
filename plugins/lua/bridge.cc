#include "bridge.h"

#include <algorithm>
#include <cstring>

#include "common/json_string.h"
#include "common/short_decimal.h"
#include "common/utf8.h"
#include "interpreter.h"

namespace streamhost::lua {
namespace {

const sh_record& in_hand(const Call* c) { return c->in[c->at]; }

int32_t answer(Call* c, const Document::Value& v, const std::string& problem) {
  switch (v.kind) {
    case kNumber: c->num = v.number; break;
    case kString:
      c->ptr = v.text.data();
      c->len = v.text.size();
      break;
    case kObject:
    case kArray: c->node = v.node; break;
    case kBad:
      c->ptr = problem.data();
      c->len = problem.size();
      break;
    default: break;
  }
  return v.kind;
}

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t n = plugin_common::utf8_length(text.substr(at));
    if (n == 0) return false;
    at += n;
  }
  return true;
}

Interpreter& self(lua_State* L) {
  return *static_cast<Interpreter*>(lua_touserdata(L, lua_upvalueindex(1)));
}

int raise(lua_State* L, const std::string& text) {
  lua_pushlstring(L, text.data(), text.size());
  return lua_error(L);
}

}  // namespace

// Nothing is thrown through compiled Lua code: what goes wrong is kept, and the call ends.
template <class Put>
int32_t Bridge::put(Call* c, Put&& body) noexcept {
  try {
    body(*c->owner->out_);
    return 1;
  } catch (...) {
    c->owner->exception_ = std::current_exception();
    return 0;
  }
}

namespace {

template <class Body>
int32_t read_guarded(Call* c, Body&& body) noexcept {
  try {
    return body();
  } catch (const std::exception&) {
    static constexpr std::string_view kText = "takes more memory than there is";
    c->ptr = kText.data();
    c->len = kText.size();
    return kBad;
  }
}

}  // namespace

const Functions Bridge::kFunctions = {
    // member
    [](Call* c, double record, uint32_t node, const char* name, size_t size) {
      return read_guarded(c, [&]() -> int32_t {
        JsonValues& values = c->owner->values_;
        Document* const document = values.document(record);
        if (document == nullptr) {
          if (!values.in_hand(record)) return kStale;
          Document::Value bad;
          bad.kind = kBad;
          return answer(c, bad, values.problem());
        }
        return answer(c, document->member(node, {name, size}), document->problem());
      });
    },
    // root
    [](Call* c) {
      return read_guarded(c, [&]() -> int32_t {
        JsonValues& values = c->owner->values_;
        Document* const document = values.document(c->base + c->at);
        Document::Value value;
        value.kind = kBad;
        if (document != nullptr) value = document->root();
        return answer(c, value, values.problem());
      });
    },
    // text_number
    [](Call* c) -> int32_t {
      const sh_record& r = in_hand(c);
      plugin_common::ShortDecimal n;
      if (r.value_len == SH_ABSENT || !plugin_common::read_short_decimal(Record(r).value(), &n)) {
        return kAbsent;
      }
      static constexpr double kPowersOfTen[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
      c->num = static_cast<double>(n.digits) / kPowersOfTen[n.decimals];
      return kNumber;
    },
    // text_is
    [](Call* c, const char* text, size_t size) -> int32_t {
      const sh_record& r = in_hand(c);
      return r.value_len == size && (size == 0 || std::memcmp(r.value, text, size) == 0);
    },
    // put_text
    [](Call* c, const char* text, size_t size) {
      return put(c, [&](Out& out) {
        out.current(&in_hand(c));
        out.emit(std::string_view(text, size));
      });
    },
    // put_string
    [](Call* c, const char* text, size_t size) {
      return put(c, [&](Out& out) {
        std::string& buffer = c->owner->buffer_;
        buffer.clear();
        plugin_common::append_json_string(buffer, {text, size});
        out.current(&in_hand(c));
        out.emit(std::string_view(buffer));
      });
    },
    // put_number
    [](Call* c, double number) {
      return put(c, [&](Out& out) {
        char* const to = out.room(32);
        const auto size = static_cast<size_t>(write_number(to, number) - to);
        out.keep(size);
        sh_record r = in_hand(c);
        r.value = reinterpret_cast<const uint8_t*>(to);
        r.value_len = static_cast<uint32_t>(size);
        out.push(r);
      });
    },
    // put_same
    [](Call* c) { return put(c, [&](Out& out) { out.push(in_hand(c)); }); },
    // put_absent
    [](Call* c) {
      return put(c, [&](Out& out) {
        sh_record r = in_hand(c);
        r.value = nullptr;
        r.value_len = SH_ABSENT;
        out.push(r);
      });
    },
    // put_key
    [](Call* c, const char* key, size_t size) -> int32_t {
      if (!is_utf8({key, size})) return 2;
      return put(c, [&](Out& out) {
        const std::string_view copy = out.copy({key, size});
        sh_record r = in_hand(c);
        r.key = to_bytes(copy).ptr;
        r.key_len = static_cast<uint32_t>(size);
        r.key_hash = 0;
        out.push(r);
      });
    },
    // take_slot
    [](Call* c) -> int32_t {
      Interpreter& i = *c->owner;
      if (i.free_.empty()) {
        // Giving back must not fail.
        if (i.free_.capacity() <= static_cast<size_t>(i.places_)) {
          i.free_.reserve(2 * static_cast<size_t>(i.places_) + 16);
        }
        return ++i.places_;
      }
      const int32_t ref = i.free_.back();
      i.free_.pop_back();
      return ref;
    },
    // give_slot
    [](Call* c, int32_t ref) -> int32_t {
      c->owner->free_.push_back(ref);
      return 0;
    },
    // log
    [](Call* c, const char* text, size_t size) -> int32_t {
      c->owner->ctx_.info({text, size});
      return 0;
    },
};

int Bridge::fill(lua_State* L) {
  self(L).values_.push_array(L, lua_tonumber(L, 1), static_cast<uint32_t>(lua_tonumber(L, 2)), 3);
  return 1;
}

int Bridge::fields(lua_State* L) {
  self(L).values_.make_plain(L, 1);
  return 0;
}

int Bridge::put_other(lua_State* L) {
  Interpreter& i = self(L);
  Call* const c = &i.call_;
  const auto done = [&](int32_t going) {
    lua_pushboolean(L, going);
    return 1;
  };
  if (i.marks_.is_absent(L, 1)) return done(kFunctions.put_absent(c));
  if (i.marks_.is_lazy(L, 1) && !JsonValues::has_kids(L, 1)) {
    bool inside = false;
    const std::string_view text = i.values_.text_of(L, 1, &inside);
    if (!inside) return done(kFunctions.put_text(c, text.data(), text.size()));
    return done(put(c, [&](Out& out) {
      sh_record r = in_hand(c);
      r.value = to_bytes(text).ptr;
      r.value_len = static_cast<uint32_t>(text.size());
      out.push(r);
    }));
  }
  i.buffer_.clear();
  if (!i.writer_.append(L, 1, i.buffer_)) return raise(L, "the result: " + i.writer_.problem());
  return done(kFunctions.put_text(c, i.buffer_.data(), i.buffer_.size()));
}

int Bridge::put_items(lua_State* L) {
  Interpreter& i = self(L);
  Call* const c = &i.call_;
  const std::string what = "the " + std::string(lua_tostring(L, 2));
  lua_settop(L, 1);
  const size_t count = lua_objlen(L, 1);
  size_t entries = 0;
  for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) ++entries;
  bool whole = entries == count;
  i.buffer_.clear();
  i.items_.clear();
  for (size_t k = 1; whole && k <= count; ++k) {
    lua_settop(L, 1);
    lua_rawgeti(L, 1, static_cast<int>(k));
    const size_t begin = i.buffer_.size();
    if (lua_isnil(L, 2)) {
      whole = false;
    } else if (i.marks_.is_absent(L, 2)) {
      i.items_.push_back({Interpreter::Item::kAbsent, nullptr, 0});
    } else if (i.marks_.is_lazy(L, 2) && !JsonValues::has_kids(L, 2)) {
      bool inside = false;
      const std::string_view text = i.values_.text_of(L, 2, &inside);
      if (!inside) i.buffer_ += text;
      i.items_.push_back({inside ? Interpreter::Item::kInRecord : Interpreter::Item::kInBuffer,
                          inside ? text.data() : nullptr, text.size()});
    } else {
      size_t size = 0;
      if (!i.settings_.quoted && lua_type(L, 2) == LUA_TSTRING) {
        const char* const text = lua_tolstring(L, 2, &size);
        i.buffer_.append(text, size);
      } else if (!i.writer_.append(L, 2, i.buffer_)) {
        return raise(L, what + ", item " + std::to_string(k) + ": " + i.writer_.problem());
      }
      i.items_.push_back({Interpreter::Item::kInBuffer, nullptr, i.buffer_.size() - begin});
    }
  }
  if (!whole) {
    return raise(L, what + (count == 0 ? " must be an array of values, not a table with other keys"
                                       : " must be an array of values, and some of its keys are "
                                         "not 1, 2, 3 and so on: is there a nil in it?"));
  }
  const auto put_all = [&](Out& out) {
    const char* at = i.buffer_.data();
    sh_record r = in_hand(c);
    out.current(&in_hand(c));
    for (const Interpreter::Item& item : i.items_) {
      if (item.where == Interpreter::Item::kInBuffer) {
        out.emit(std::string_view(at, item.size));
        at += item.size;
        continue;
      }
      const bool absent = item.where == Interpreter::Item::kAbsent;
      r.value = absent ? nullptr : reinterpret_cast<const uint8_t*>(item.at);
      r.value_len = absent ? SH_ABSENT : static_cast<uint32_t>(item.size);
      out.push(r);
    }
  };
  lua_pushboolean(L, put(c, put_all));
  return 1;
}

int Bridge::encode(lua_State* L) {
  Interpreter& i = self(L);
  i.buffer_.clear();
  luaL_checkany(L, 1);
  if (!i.writer_.append(L, 1, i.buffer_)) return raise(L, i.writer_.problem());
  lua_pushlstring(L, i.buffer_.data(), i.buffer_.size());
  return 1;
}

int Bridge::decode(lua_State* L) {
  size_t size = 0;
  const char* text = luaL_checklstring(L, 1, &size);
  self(L).values_.push_text(L, {text, size});
  return 1;
}

void Bridge::describe(lua_State* L, lua_State* thread, const Interpreter& interpreter) {
  luaL_checkstack(L, 8, "too many calls");
  lua_xmove(thread, L, 1);
  if (lua_type(L, -1) != LUA_TSTRING) {
    // An error may be any value; what it says of itself may be wrong too.
    const int error = lua_gettop(L);
    bool said = false;
    if (lua_istable(L, error) && luaL_getmetafield(L, error, "__tostring") != 0) {
      lua_pushvalue(L, error);
      said = lua_pcall(L, 1, 1, 0) == 0 && lua_type(L, -1) == LUA_TSTRING;
    }
    if (!said) {
      lua_pushfstring(L, "an error was raised with a %s instead of a message",
                      luaL_typename(L, error));
    }
    lua_replace(L, error);
    lua_settop(L, error);
  }
  std::string_view text = lua_tostring(L, -1);
  if (text.starts_with("prelude:"))
    text.remove_prefix(std::min(text.find(' '), text.size() - 1) + 1);
  std::string where = (interpreter.chunks_.empty() ? "lua" : interpreter.chunks_.back()) + ": ";
  lua_Debug ar;
  bool found = false;
  for (int level = 0; !found && lua_getstack(thread, level, &ar) != 0; ++level) {
    lua_getinfo(thread, "Sl", &ar);
    for (const std::string& chunk : interpreter.chunks_) {
      if (text.starts_with(chunk + ":")) where.clear();
      found = where.empty() || (ar.currentline > 0 && chunk == ar.short_src);
      if (!found) continue;
      if (!where.empty()) where = chunk + ":" + std::to_string(ar.currentline) + ": ";
      break;
    }
  }
  where += text;
  lua_pop(L, 1);
  lua_pushlstring(L, where.data(), where.size());
}

}  // namespace streamhost::lua
