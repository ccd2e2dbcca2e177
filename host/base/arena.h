// Reference-counted memory that records point into: what stands behind the opaque sh_arena.
//
// Three kinds: a chunk of bytes from a pool; a group, which keeps several others alive; and foreign
// memory that a plugin handed over. An arena starts with one reference. Retaining and releasing is
// safe from any thread; bytes are written by one thread, before the arena is shared.
#pragma once

#include <streamhost/abi.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

struct sh_arena {
  std::atomic<uint32_t> refs{1};
  uint64_t held = 0;                          // bytes of memory that it keeps alive
  void (*destroy)(sh_arena* self) = nullptr;  // frees it when the last reference goes
};

namespace streamhost {

inline void retain(sh_arena* arena) {
  if (arena != nullptr) arena->refs.fetch_add(1, std::memory_order_relaxed);
}
inline void release(sh_arena* arena) {
  if (arena != nullptr && arena->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    arena->destroy(arena);
  }
}
// True when somebody besides the caller holds it. Acquires what the others did before they let go.
inline bool is_shared(const sh_arena* arena) {
  return arena->refs.load(std::memory_order_acquire) != 1;
}

// Owns one reference.
class ArenaRef {
 public:
  ArenaRef() = default;
  // Takes over a reference that the caller owns.
  static ArenaRef adopt(sh_arena* arena) {
    ArenaRef ref;
    ref.arena_ = arena;
    return ref;
  }
  // Adds a reference.
  static ArenaRef share(sh_arena* arena) {
    retain(arena);
    return adopt(arena);
  }
  ArenaRef(ArenaRef&& other) noexcept : arena_(std::exchange(other.arena_, nullptr)) {}
  ArenaRef& operator=(ArenaRef&& other) noexcept {
    std::swap(arena_, other.arena_);
    return *this;
  }
  ~ArenaRef() { release(arena_); }

  sh_arena* get() const { return arena_; }
  explicit operator bool() const { return arena_ != nullptr; }

 private:
  sh_arena* arena_ = nullptr;
};

// Bytes that may be read, not written, beyond the end of every chunk.
constexpr size_t kArenaSlack = 64;

// Hands out chunks and keeps those that came back for the next one who asks, so that steady work
// neither calls the allocator nor touches fresh pages. Must outlive its chunks. [any thread]
class ArenaPool {
 public:
  // Keeps at most `cache_bytes` of returned chunks.
  explicit ArenaPool(size_t cache_bytes = size_t{64} << 20) : cache_limit_(cache_bytes) {}
  ~ArenaPool();
  ArenaPool(const ArenaPool&) = delete;
  ArenaPool& operator=(const ArenaPool&) = delete;

  // A chunk of at least `size` writable bytes, owned once by the caller; null when memory is out.
  sh_arena* chunk(size_t size);

  // Of a chunk: where its bytes begin, and how many there are.
  static uint8_t* bytes(sh_arena* chunk);
  static size_t capacity(const sh_arena* chunk);

  // Bytes of all chunks that are out now, and of foreign memory that is counted with them.
  size_t in_use() const { return in_use_.load(std::memory_order_relaxed); }

  // An arena that calls `memory.release` once nobody needs it; counts in in_use() until then.
  // Releases at once when memory for the arena itself is out, and throws std::bad_alloc.
  ArenaRef external(sh_external memory);

 private:
  struct Chunk;
  struct External;
  static void give_back(sh_arena* arena);

  std::mutex mutex_;
  std::map<size_t, std::vector<Chunk*>> free_;
  size_t cached_ = 0;
  const size_t cache_limit_;
  std::atomic<size_t> in_use_{0};
};

// An arena that keeps `members` alive (a reference is added to each). Null members are skipped; the
// result may be one of the members itself, or null when there are none.
ArenaRef make_group(sh_arena* const* members, size_t count);

}  // namespace streamhost
