#include "base/arena.h"

#include <new>

namespace streamhost {
namespace {

// Chunks come in multiples of this, so that requests of about the same size share a free list.
constexpr size_t kGrain = size_t{16} << 10;
constexpr size_t kAlignment = 64;

struct Group : sh_arena {
  std::vector<sh_arena*> members;

  static void free(sh_arena* self) {
    auto* group = static_cast<Group*>(self);
    for (sh_arena* member : group->members) release(member);
    delete group;
  }
};

}  // namespace

struct ArenaPool::External : sh_arena {
  sh_external memory{};
  ArenaPool* pool = nullptr;

  static void free(sh_arena* self) {
    auto* external = static_cast<External*>(self);
    external->pool->in_use_.fetch_sub(external->held, std::memory_order_relaxed);
    if (external->memory.release != nullptr) external->memory.release(external->memory.owner);
    delete external;
  }
};

// Stands in front of its bytes, in one allocation.
struct alignas(kAlignment) ArenaPool::Chunk : sh_arena {
  ArenaPool* pool = nullptr;
  size_t total = 0;  // of the allocation

  static Chunk* of(sh_arena* arena) { return static_cast<Chunk*>(arena); }
  static void free_memory(Chunk* chunk) {
    chunk->~Chunk();
    ::operator delete (chunk, std::align_val_t{kAlignment});
  }
};

ArenaPool::~ArenaPool() {
  for (auto& [size, chunks] : free_) {
    for (Chunk* chunk : chunks) Chunk::free_memory(chunk);
  }
}

sh_arena* ArenaPool::chunk(size_t size) {
  if (size > (size_t{1} << 40)) return nullptr;
  const size_t total = (sizeof(Chunk) + size + kArenaSlack + kGrain - 1) / kGrain * kGrain;
  Chunk* chunk = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const auto it = free_.find(total);
    if (it != free_.end() && !it->second.empty()) {
      chunk = it->second.back();
      it->second.pop_back();
      cached_ -= total;
    }
  }
  if (chunk == nullptr) {
    void* memory = ::operator new (total, std::align_val_t{kAlignment}, std::nothrow);
    if (memory == nullptr) return nullptr;
    chunk = new (memory) Chunk;
    chunk->pool = this;
    chunk->total = total;
    chunk->held = total;
    chunk->destroy = &ArenaPool::give_back;
  }
  chunk->refs.store(1, std::memory_order_relaxed);
  in_use_.fetch_add(total, std::memory_order_relaxed);
  return chunk;
}

void ArenaPool::give_back(sh_arena* arena) {
  Chunk* chunk = Chunk::of(arena);
  ArenaPool& pool = *chunk->pool;
  pool.in_use_.fetch_sub(chunk->total, std::memory_order_relaxed);
  {
    const std::lock_guard lock(pool.mutex_);
    if (pool.cached_ + chunk->total <= pool.cache_limit_) {
      pool.cached_ += chunk->total;
      pool.free_[chunk->total].push_back(chunk);
      return;
    }
  }
  Chunk::free_memory(chunk);
}

uint8_t* ArenaPool::bytes(sh_arena* chunk) {
  return reinterpret_cast<uint8_t*>(Chunk::of(chunk)) + sizeof(Chunk);
}

size_t ArenaPool::capacity(const sh_arena* chunk) {
  return static_cast<const Chunk*>(chunk)->total - sizeof(Chunk) - kArenaSlack;
}

ArenaRef make_group(sh_arena* const* members, size_t count) {
  sh_arena* only = nullptr;
  size_t distinct = 0;
  for (size_t i = 0; i < count; ++i) {
    if (members[i] != nullptr && members[i] != only) {
      only = members[i];
      ++distinct;
    }
  }
  if (distinct <= 1) return ArenaRef::share(only);
  auto* group = new Group;
  group->members.reserve(count);
  group->destroy = &Group::free;
  for (size_t i = 0; i < count; ++i) {
    if (members[i] == nullptr) continue;
    retain(members[i]);
    group->members.push_back(members[i]);
    group->held += members[i]->held;
  }
  return ArenaRef::adopt(group);
}

ArenaRef ArenaPool::external(sh_external memory) {
  auto* external = new (std::nothrow) External;
  if (external == nullptr) {
    if (memory.release != nullptr) memory.release(memory.owner);
    throw std::bad_alloc();
  }
  external->memory = memory;
  external->pool = this;
  external->held = memory.bytes;
  external->destroy = &External::free;
  in_use_.fetch_add(memory.bytes, std::memory_order_relaxed);
  return ArenaRef::adopt(external);
}

}  // namespace streamhost
