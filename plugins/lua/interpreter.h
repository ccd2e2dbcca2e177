// One LuaJIT of one step on one worker: the prelude, the script, and the loop made of both.
//
// Nothing here raises Lua errors to the outside: they come as false and message(), or thrown as
// streamhost::Error where a script is loaded.
#pragma once

#include <lua.hpp>
#include <streamhost/sdk.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "call.h"
#include "json_values.h"
#include "json_writer.h"
#include "marks.h"
#include "memory_limit.h"
#include "script.h"
#include "state_codec.h"

namespace streamhost::lua {

class Interpreter {
 public:
  struct Settings {
    bool json = true;     // values are read as JSON
    bool quoted = true;   // strings are put out as JSON
    bool retain = false;  // objects may be kept beyond their record
    uint64_t memory_limit = 0;
    int64_t instruction_limit = 0;
  };
  // Settings as the options of script_options() and the option `output` say.
  static Settings settings_of(const Config& config);

  Interpreter(const Context& ctx, const Settings& settings);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  // Loads the script and makes the loop of this name (see prelude.lua) around its function. Throws
  // config_error.
  void load(const char* loop, const Script& script);
  // The same for an aggregate: `add` alone is folded, or a table of functions init, add, merge,
  // finish. A function is an expression each, or all of them are in one script.
  void load_reduce(const Script& script);
  void load_fold(const Script& script);
  void load_fold(const std::vector<Script>& expressions);  // named for what they are

  // Before a batch: from now on call().chosen has room for one number per record, all 0. `slots`
  // and `out` may be null.
  void begin(const Batch& in, Slot* const* slots, Out* out);
  void begin(const sh_record* records, uint32_t count, Slot* const* slots, Out* out);
  // Runs the loop from record `from`. False when the script raised an error, said by message(), at
  // record call().at. Throws what the host or the system had against the output.
  bool run(uint32_t from);
  void end();
  const Call& call() const { return call_; }
  const std::string& message() const { return message_; }

  // States of keys. `slot` may be empty. Throw state_error, or bad_data for an error in the script.
  void save(const Slot& slot, std::string& to);
  Slot restore(std::string_view saved);
  void merge(Slot& into, Slot& from);
  void finish(const Slot& slot, std::string& json);
  bool has_merge() const { return merge_ref_ != LUA_NOREF; }
  void release(int32_t ref);  // gives back the place of a state

 private:
  friend struct Bridge;

  // One of several values that are put out together.
  struct Item {
    enum Where { kInBuffer, kInRecord, kAbsent } where;
    const char* at;  // in the record
    size_t size;
  };

  // Runs `body` where Lua errors are caught; false with message() set.
  bool protect(const std::function<void(lua_State*)>& body);
  void set_up(lua_State* L);
  void push_prelude_arguments(lua_State* L);
  // Each pushes what it makes.
  void compile(lua_State* L, const Script& script, const std::string& source);
  void load_chunk(lua_State* L, const Script& script);
  void load_function(lua_State* L, const Script& script);
  // Around the function or table at `functions`, of which `looking` is what sees the records.
  void make_loop(lua_State* L, const char* loop, const Script& script, int functions, int looking);
  void take_functions(lua_State* L, int table);
  void call_guarded(lua_State* L, int arguments, int results);
  void renew_thread(lua_State* L);
  void note_thread_error();
  void push_state(lua_State* L, const Slot& slot);
  void set_state(lua_State* L, Slot& slot);
  void require(bool good) const;
  void note_error();
  void take_message(std::string text);
  void settle_memory();

  Context ctx_;
  Settings settings_;
  MemoryLimit memory_;
  lua_State* L_;
  Marks marks_;
  Call call_;
  JsonValues values_;
  JsonWriter writer_;
  StateCodec codec_;

  std::vector<std::string> chunks_;  // names of the scripts, as messages have them
  // Scripts run on a thread of Lua's own: when one ends with an error its calls are still there to
  // be looked at, also when the error is that there are too many.
  lua_State* thread_ = nullptr;
  int thread_ref_ = LUA_NOREF, module_ref_ = LUA_NOREF, loop_ref_ = LUA_NOREF;
  int states_ref_ = LUA_NOREF;
  int init_ref_ = LUA_NOREF, merge_ref_ = LUA_NOREF, finish_ref_ = LUA_NOREF;
  std::vector<int32_t> free_;  // places of states that are free again
  int32_t places_ = 0;         // that were ever taken
  Out* out_ = nullptr;
  std::exception_ptr exception_;  // out of a call from Lua, to be thrown again behind it
  std::vector<uint32_t> chosen_;
  std::vector<Item> items_;
  std::string buffer_, problem_, message_;
  double next_base_ = 1;
  uint64_t collect_at_ = 0;  // memory in use
  int pause_ = 0;
};

}  // namespace streamhost::lua
