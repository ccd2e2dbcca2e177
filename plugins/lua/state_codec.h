// Lua values as bytes, for snapshots.
//
//   saved  = version value                version: one byte, 1
//   value  = tag content
//   0 nil  1 false  2 true  7 null        no content
//   3 integer                             zigzag varint, for whole numbers up to 2^53
//   4 number                              8 bytes, IEEE 754, least significant first
//   5 string                              varint size, bytes
//   6 table                               varint n, n values of the keys 1 to n, varint m, m pairs
//   8 table that is JSON's array          like 6
//   9 object of a JSON document           varint size, its text
//
// For example { 7, n = true } is 01 06 01 03 0e 01 05 01 6e 02.
#pragma once

#include <lua.hpp>

#include <string>
#include <vector>

#include "json_values.h"

namespace streamhost::lua {

class StateCodec {
 public:
  static constexpr uint32_t kVersion = 1;

  StateCodec(JsonValues& values, const Marks& marks) : values_(values), marks_(marks) {}

  // Writes the value at `index`; false with problem() set when it has something that cannot be
  // kept, or contains itself. May raise Lua errors.
  bool save(lua_State* L, int index, std::string& to);
  // Pushes the saved value; false, with problem() set and maybe rubbish pushed, for bytes that
  // save() did not write. May raise Lua errors.
  bool restore(lua_State* L, std::string_view saved);

  const std::string& problem() const { return problem_; }

 private:
  bool save_value(lua_State* L, int index, std::string& to);
  bool save_table(lua_State* L, int index, std::string& to);
  bool save_entries(lua_State* L, int index, std::string& to);
  bool restore_value(lua_State* L);
  bool restore_table(lua_State* L);
  bool take_varint(uint64_t* n);
  bool take_bytes(std::string_view* bytes);
  bool fail(const std::string& what);
  bool corrupt() { return fail("the saved state is damaged"); }

  JsonValues& values_;
  const Marks& marks_;
  std::vector<const void*> within_;  // the tables that the one in hand lies in
  std::string path_, problem_;
  std::string_view rest_;
  int level_ = 0;
};

}  // namespace streamhost::lua
