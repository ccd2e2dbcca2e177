// Counts the memory of one interpreter and refuses what is too much.
#pragma once

#include <lua.hpp>

#include <cstdint>

namespace streamhost::lua {

// Stands between an interpreter and its own allocator, which is faster than malloc().
class MemoryLimit {
 public:
  explicit MemoryLimit(uint64_t limit) : limit_(limit) {}

  // From now on the interpreter asks here; take_over() of an interpreter just made.
  void take_over(lua_State* L) {
    inner_ = lua_getallocf(L, &inner_data_);
    used_ = static_cast<uint64_t>(lua_gc(L, LUA_GCCOUNT, 0)) * 1024;
    lua_setallocf(L, &allocate, this);
  }
  // Before lua_close(): it must see its own allocator, to free that as well.
  void give_back(lua_State* L) { lua_setallocf(L, inner_, inner_data_); }

  // While it lives a little more than the limit may be used: to report an error, or to save what a
  // script that reached the limit has kept.
  class Reserve {
   public:
    explicit Reserve(MemoryLimit& limit) : limit_(limit) { limit_.reserve_ = kReserve; }
    ~Reserve() { limit_.reserve_ = 0; }
    Reserve(const Reserve&) = delete;
    Reserve& operator=(const Reserve&) = delete;

   private:
    MemoryLimit& limit_;
  };

  uint64_t used() const { return used_; }
  uint64_t limit() const { return limit_; }

 private:
  static void* allocate(void* self, void* at, size_t old_size, size_t new_size) {
    auto& m = *static_cast<MemoryLimit*>(self);
    if (new_size > old_size && m.used_ + (new_size - old_size) > m.limit_ + m.reserve_)
      return nullptr;
    void* const got = m.inner_(m.inner_data_, at, old_size, new_size);
    if (got != nullptr || new_size == 0) m.used_ += new_size - old_size;
    return got;
  }

  static constexpr uint64_t kReserve = 1 << 20;

  uint64_t limit_;
  uint64_t reserve_ = 0;
  uint64_t used_ = 0;
  lua_Alloc inner_ = nullptr;
  void* inner_data_ = nullptr;
};

}  // namespace streamhost::lua
