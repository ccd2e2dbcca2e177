#include "exchange/block.h"

#include <cstring>

namespace streamhost {
namespace {

constexpr size_t kMostKept = 256;

uint64_t length(uint32_t len) { return len == SH_ABSENT ? 0 : len; }

// Appends bytes to a chunk and returns where they are now.
class Copier {
 public:
  explicit Copier(uint8_t* to) : to_(to) {}
  const uint8_t* copy(const uint8_t* from, uint64_t len) {
    if (len != 0) std::memcpy(to_, from, len);
    const uint8_t* at = to_;
    to_ += len;
    return at;
  }
  sh_bytes copy(sh_bytes bytes) { return {copy(bytes.ptr, bytes.len), bytes.len}; }
  // Room for header structs, aligned.
  sh_header* headers(uint32_t count) {
    to_ += (alignof(sh_header) - reinterpret_cast<uintptr_t>(to_) % alignof(sh_header)) %
           alignof(sh_header);
    auto* at = reinterpret_cast<sh_header*>(to_);
    to_ += count * sizeof(sh_header);
    return at;
  }

 private:
  uint8_t* to_;
};

uint64_t footprint(const sh_record& r) {
  uint64_t size = length(r.key_len) + length(r.value_len);
  if (r.header_count != 0) size += (r.header_count + 1) * sizeof(sh_header);
  for (uint32_t h = 0; h < r.header_count; ++h) {
    size += r.headers[h].name.len + r.headers[h].value.len;
  }
  return size;
}

}  // namespace

uint64_t Block::held() const {
  uint64_t sum = 0;
  for (const sh_arena* arena : arenas) sum += arena->held;
  return sum;
}

bool Block::compact(ArenaPool& pool) {
  uint64_t size = 0;
  for (uint32_t i = 0; i < count; ++i) size += footprint(records[i]);
  sh_arena* chunk = pool.chunk(size);
  if (chunk == nullptr) return false;
  Copier to(ArenaPool::bytes(chunk));
  for (uint32_t i = 0; i < count; ++i) {
    sh_record& r = records[i];
    const bool same = r.key == r.value && r.key_len == r.value_len;
    r.value = to.copy(r.value, length(r.value_len));
    r.key = same ? r.value : to.copy(r.key, length(r.key_len));
    if (r.header_count != 0) {
      sh_header* headers = to.headers(r.header_count);
      for (uint32_t h = 0; h < r.header_count; ++h) {
        headers[h] = {to.copy(r.headers[h].name), to.copy(r.headers[h].value)};
      }
      r.headers = headers;
    }
  }
  for (sh_arena* arena : arenas) release(arena);
  arenas.assign(1, chunk);
  return true;
}

void Block::clear() {
  for (sh_arena* arena : arenas) release(arena);
  arenas.clear();
  kind = BlockKind::kRecords;
  drained = false;
  epoch = 0;
  watermark = SH_NO_TIME;
  port = 0;
  count = 0;
}

std::unique_ptr<Block> BlockPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      auto block = std::move(free_.back());
      free_.pop_back();
      return block;
    }
  }
  made_.fetch_add(1, std::memory_order_relaxed);
  auto block = std::make_unique<Block>();
  block->records.resize(records_);
  return block;
}

void BlockPool::give_back(std::unique_ptr<Block> block) {
  block->clear();
  const std::lock_guard lock(mutex_);
  if (free_.size() < kMostKept) free_.push_back(std::move(block));
}

}  // namespace streamhost
