// From JSON text to Lua values. See prelude.lua for what lazy objects are.
//
// Functions with a lua_State may raise Lua errors: they are called in protected mode only.
#pragma once

#include <lua.hpp>

#include "call.h"
#include "document.h"
#include "marks.h"

namespace streamhost::lua {

class JsonValues {
 public:
  JsonValues(const Call& call, const Marks& marks) : call_(call), marks_(marks) {}

  // The batch in `call` is another one.
  void batch() {
    current_.batch(call_.in, call_.count);
    open_ = kNone;
  }
  // The document of the record in hand, opened when need be. Null when `record` is another one;
  // null with problem() set when it is no JSON.
  Document* document(double record);
  bool in_hand(double record) const { return record == call_.base + call_.at; }
  const std::string& problem() const { return current_.problem(); }

  // Pushes the array at `node` of the record's document; items that are objects are lazy.
  // `text`: index of what their "\0text" is to be.
  void push_array(lua_State* L, double record, uint32_t node, int text);
  // Makes a plain table of a lazy object.
  void make_plain(lua_State* L, int index);
  // Pushes the value that `text` is, without lazy objects. Raises what is wrong with it.
  void push_text(lua_State* L, std::string_view text);
  // The JSON text of a lazy object that gave out no tables, until the next call; raises an error
  // when its record is gone. It lies in the record in hand if `*inside` becomes true.
  std::string_view text_of(lua_State* L, int index, bool* inside);
  // Whether a lazy object gave out tables, which may have been changed.
  static bool has_kids(lua_State* L, int index);
  // Pushes a lazy object that is kept as JSON text.
  void push_kept(lua_State* L, std::string_view text);

 private:
  static constexpr double kNone = -1;

  void push(lua_State* L, Document& from, const Document::Value& value, double record, int text,
            int level);
  void push_elements(lua_State* L, Document& from, uint32_t node, double record, int text,
                     int level);
  void set_fields(lua_State* L, Document& from, uint32_t node, double record, int text, int kids,
                  int table, int level);
  void push_lazy(lua_State* L, double record, uint32_t node, int text);
  [[noreturn]] void raise(lua_State* L, const Document& from);

  const Call& call_;
  const Marks& marks_;
  Document current_;
  Document other_;  // of text that is no record in hand
  double open_ = kNone;
};

}  // namespace streamhost::lua
