#include "interpreter.h"

#include <algorithm>

#include "bridge.h"

namespace streamhost::lua {
namespace {

std::string mib(uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

Slot::~Slot() {
  if (ref != 0) owner->release(ref);
}

Interpreter::Settings Interpreter::settings_of(const Config& config) {
  Settings s;
  s.json = config.find("codec") != "text";
  s.quoted = s.json;
  s.memory_limit = static_cast<uint64_t>(config.integer("memory_limit"));
  s.instruction_limit = config.integer("instruction_limit");
  return s;
}

Interpreter::Interpreter(const Context& ctx, const Settings& settings)
    : ctx_(ctx),
      settings_(settings),
      memory_(settings.memory_limit),
      L_(luaL_newstate()),
      values_(call_, marks_),
      writer_(values_, marks_),
      codec_(values_, marks_) {
  if (L_ == nullptr) throw std::bad_alloc();
  call_.owner = this;
  memory_.take_over(L_);
  if (!protect([this](lua_State* L) { set_up(L); })) {
    memory_.give_back(L_);
    lua_close(L_);
    throw Error(SH_E_INTERNAL, message_);
  }
  collect_at_ = memory_.limit() / 2;
}

Interpreter::~Interpreter() {
  memory_.give_back(L_);
  lua_close(L_);
}

bool Interpreter::protect(const std::function<void(lua_State*)>& body) {
  struct Frame {
    const std::function<void(lua_State*)>* body;
    std::exception_ptr thrown;
  } frame{&body, nullptr};
  const int top = lua_gettop(L_);
  const int status = lua_cpcall(
      L_,
      [](lua_State* L) -> int {
        auto* const f = static_cast<Frame*>(lua_touserdata(L, 1));
        lua_settop(L, 0);
        try {
          (*f->body)(L);
        } catch (const std::exception&) {  // not Lua's own, which goes on
          f->thrown = std::current_exception();
        }
        return 0;
      },
      &frame);
  if (frame.thrown) {
    lua_settop(L_, top);
    std::rethrow_exception(frame.thrown);
  }
  if (status == 0) return true;
  note_error();
  lua_settop(L_, top);
  return false;
}

void Interpreter::note_error() {
  size_t size = 0;
  const char* text = lua_tolstring(L_, -1, &size);
  take_message(text == nullptr ? "an error without a message" : std::string(text, size));
}

void Interpreter::take_message(std::string text) {
  message_ = std::move(text);
  constexpr std::string_view kLuas = "not enough memory";
  if (!message_.ends_with(kLuas)) return;
  message_.resize(message_.size() - kLuas.size());
  if (message_.empty()) message_ = (chunks_.empty() ? "lua" : chunks_.back()) + ": ";
  message_ += "the script needs more memory than the " + mib(memory_.limit()) +
              " it may use (memory_limit)";
  lua_gc(L_, LUA_GCCOLLECT, 0);
}

// Sets message_ to what ended the thread, and makes another.
void Interpreter::note_thread_error() {
  const MemoryLimit::Reserve reserve(memory_);
  std::string text;
  const bool good = protect([&](lua_State* L) {
    Bridge::describe(L, thread_, *this);
    text = lua_tostring(L, -1);
    renew_thread(L);
  });
  if (good) {
    take_message(std::move(text));
  } else {
    protect([this](lua_State* L) { renew_thread(L); });
  }
}

void Interpreter::renew_thread(lua_State* L) {
  luaL_unref(L, LUA_REGISTRYINDEX, thread_ref_);
  thread_ref_ = LUA_NOREF;
  thread_ = lua_newthread(L);
  thread_ref_ = luaL_ref(L, LUA_REGISTRYINDEX);
}

// Calls what is on the stack; an error gets its position.
void Interpreter::call_guarded(lua_State* L, int arguments, int results) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, module_ref_);
  lua_getfield(L, -1, "begin");
  lua_remove(L, -2);
  lua_call(L, 0, 0);
  lua_xmove(L, thread_, arguments + 1);
  if (lua_resume(thread_, arguments) != 0) {
    Bridge::describe(L, thread_, *this);
    renew_thread(L);
    lua_error(L);
  }
  lua_settop(thread_, results);
  lua_xmove(thread_, L, results);
}

void Interpreter::begin(const Batch& in, Slot* const* slots, Out* out) {
  begin(in.raw().records, in.size(), slots, out);
}

void Interpreter::begin(const sh_record* records, uint32_t count, Slot* const* slots, Out* out) {
  chosen_.assign(count, 0);
  call_.in = records;
  call_.count = count;
  call_.slots = slots;
  call_.chosen = chosen_.data();
  call_.chosen_count = 0;
  call_.at = 0;
  call_.base = next_base_;
  next_base_ += count;
  out_ = out;
  values_.batch();
}

bool Interpreter::run(uint32_t from) {
  lua_rawgeti(thread_, LUA_REGISTRYINDEX, loop_ref_);
  lua_pushinteger(thread_, static_cast<lua_Integer>(from));
  const int status = lua_resume(thread_, 1);
  if (status == 0) {
    lua_settop(thread_, 0);
  } else {
    note_thread_error();
  }
  if (exception_) std::rethrow_exception(std::exchange(exception_, nullptr));
  return status == 0;
}

void Interpreter::end() {
  call_.in = nullptr;
  call_.count = call_.at = 0;
  call_.base = next_base_;  // no record is in hand
  out_ = nullptr;
  values_.batch();
  settle_memory();
}

// The collector runs by what is in use alone; it must not be behind when the limit is near.
void Interpreter::settle_memory() {
  const uint64_t used = std::max<uint64_t>(memory_.used(), 1);
  const auto pause = static_cast<int>(std::clamp<uint64_t>(50 * memory_.limit() / used, 110, 1000));
  if (std::abs(pause - pause_) > pause_ / 8) {
    pause_ = pause;
    lua_gc(L_, LUA_GCSETPAUSE, pause);
  }
  if (used < collect_at_) return;
  lua_gc(L_, LUA_GCCOLLECT, 0);
  const uint64_t live = memory_.used();
  collect_at_ = live + (memory_.limit() - std::min(live, memory_.limit())) / 2;
}

}  // namespace streamhost::lua
