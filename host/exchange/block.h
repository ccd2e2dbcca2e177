// What travels between workers: a run of records with the arenas they point into, or a mark.
#pragma once

#include <streamhost/abi.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "base/arena.h"

namespace streamhost {

enum class BlockKind : uint8_t {
  kRecords,    // records for input `port`
  kPartials,   // saved partial states of a combining step: key and saved bytes
  kWatermark,  // no records, only the block's watermark
  kBarrier,    // an epoch ends here
  kEnd,        // the sender has no more records; barriers still come
};

struct Block {
  Block() = default;
  ~Block() { clear(); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  BlockKind kind = BlockKind::kRecords;
  bool drained = false;  // kEnd: the input was cut off by a drain, there may be more another day
  uint32_t port = 0;
  uint32_t count = 0;
  uint64_t epoch = 0;              // kBarrier: the one that ends
  int64_t watermark = SH_NO_TIME;  // of the sender, behind these records
  std::vector<sh_record> records;  // `count` of them are in use
  std::vector<sh_arena*> arenas;   // a reference is held to each

  // Keeps `arena` alive as long as the records. Cheap when it is the one named last.
  void hold(sh_arena* arena) {
    if (arena == nullptr || (!arenas.empty() && arenas.back() == arena)) return;
    retain(arena);
    arenas.push_back(arena);
  }
  // Bytes of memory that the arenas keep alive; shared ones count every time.
  uint64_t held() const;
  // Copies all keys, values and headers into one arena of `pool` and lets the others go. False when
  // memory is out; the block is then as before.
  bool compact(ArenaPool& pool);
  // Lets go of everything.
  void clear();
};

// Blocks for reuse. [any thread]
class BlockPool {
 public:
  // Each block has room for `records` records.
  explicit BlockPool(uint32_t records) : records_(records) {}

  std::unique_ptr<Block> take();
  void give_back(std::unique_ptr<Block> block);
  // How many were ever made: the most that were in use at one time, about.
  size_t made() const { return made_.load(std::memory_order_relaxed); }

 private:
  const uint32_t records_;
  std::atomic<size_t> made_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Block>> free_;
};

}  // namespace streamhost
