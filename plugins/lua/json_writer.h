// Lua values as JSON text.
#pragma once

#include <lua.hpp>

#include <string>

#include "json_values.h"

namespace streamhost::lua {

class JsonWriter {
 public:
  JsonWriter(JsonValues& values, const Marks& marks) : values_(values), marks_(marks) {}

  // Appends the value at `index`: an object's fields in the order of their names; a table is an
  // array when its keys are 1, 2, 3 … or it was one before. False with problem() set when it cannot
  // be JSON. May raise Lua errors.
  bool append(lua_State* L, int index, std::string& to);
  const std::string& problem() const { return problem_; }

 private:
  bool append_value(lua_State* L, int index, std::string& to);
  bool append_table(lua_State* L, int index, std::string& to);
  bool append_array(lua_State* L, int index, size_t count, std::string& to);
  bool append_object(lua_State* L, int index, std::string& to);
  bool fail(const std::string& what);

  JsonValues& values_;
  const Marks& marks_;
  std::string path_, problem_;
  int level_ = 0;
};

// As JSON; what is no number there (nan, inf) becomes null. Returns the end; room for 32 bytes.
char* write_number(char* to, double number);

}  // namespace streamhost::lua
