// The keys of one step on one worker, and the state of each.
//
// An open-addressing table (linear probing) of 8-byte entries: 16 bits of the key's hash and a
// pointer to a slot. A slot holds hash, key and state in one piece of memory that never moves, so
// plugins may keep the pointer while the key lives. Looking a whole batch up takes three passes,
// each prefetching for the next: at a million keys nearly every lookup misses every cache.
#pragma once

#include <streamhost/abi.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/slab.h"

namespace streamhost {

class StateTable {
 public:
  // `state_align`: a power of two, at most 64.
  StateTable(uint32_t state_size, uint32_t state_align);
  ~StateTable() { free_large(); }
  StateTable(const StateTable&) = delete;
  StateTable& operator=(const StateTable&) = delete;

  // Called for each state in zeroed memory that a lookup made. False gives the lookup up; the key
  // is then forgotten again.
  using Init = std::function<bool(sh_bytes key, void* state)>;

  enum class Found {
    kAll,
    kKeyless,  // a record without a key; nothing is lost by asking again without it
    kFailed    // `init` said so
  };
  // Finds or makes the state of every record. Computes key_hash where it is 0. states[i] belongs to
  // records[i].
  Found find(sh_record* records, uint32_t count, void** states, const Init& init);
  // The same for one key.
  void* find_one(const uint8_t* key, uint32_t key_len, uint64_t hash, bool* is_new);

  // Forgets a key; its state's memory is free afterwards. `state` came from find.
  void erase(void* state);

  static sh_bytes key_of(const void* state);
  static uint64_t hash_of(const void* state);

  size_t size() const { return size_; }
  // Bytes of memory, entries and slots together.
  size_t memory() const { return entry_memory() + slab_.memory(); }

  // Calls `visit(state)` for every key, in no particular order; the table must not change
  // meanwhile.
  template <class Visit>
  void for_each(Visit&& visit) const {
    size_t cursor = 0;
    while (void* state = next(cursor)) visit(state);
  }
  // The first state at or behind `cursor`, which is moved past it; null at the end. A walk begins
  // with 0 and may be interrupted as long as the table does not change.
  void* next(size_t& cursor) const {
    while (cursor <= mask_) {
      // In the order of hashes every slot misses the caches.
      __builtin_prefetch(slot_of(entries_[(cursor + kWalkAhead) & mask_]));
      const uint64_t entry = entries_[cursor++];
      if (entry != 0) return state_of(slot_of(entry));
    }
    return nullptr;
  }
  // Forgets everything and gives the memory back.
  void clear();

 private:
  // In front of every state; the key's bytes stand behind it.
  struct Slot {
    uint64_t hash;
    uint32_t key_len;
    uint32_t size;  // of the whole allocation, header included
  };

  static constexpr size_t kWalkAhead = 16;
  static constexpr uint64_t kPointerMask = (uint64_t{1} << 48) - 1;
  static Slot* slot_of(uint64_t entry) { return reinterpret_cast<Slot*>(entry & kPointerMask); }
  static void* state_of(Slot* slot) { return slot + 1; }
  static const Slot* slot_before(const void* state) { return static_cast<const Slot*>(state) - 1; }
  // Bits 32 to 47 of the hash, in the top bits of the entry: neither those that index nor the
  // highest ones, which choose the worker.
  static uint64_t tag_of(uint64_t hash) { return (hash << 16) & ~kPointerMask; }
  const uint8_t* key_bytes(const Slot* slot) const {
    return reinterpret_cast<const uint8_t*>(slot) + key_offset_;
  }
  bool matches(const Slot* slot, uint64_t hash, const uint8_t* key, uint32_t key_len) const;
  Found find_group(sh_record* records, uint32_t count, void** states, const Init& init);
  void* insert(const uint8_t* key, uint32_t key_len, uint64_t hash, size_t at);
  // Slots too large for a piece of the slab are freed one by one.
  void free_large();
  void grow();
  void resize(size_t entries);
  size_t entry_memory() const { return (mask_ + 1) * sizeof(uint64_t); }

  const uint32_t state_size_;
  const uint32_t key_offset_;  // from the slot's begin
  Slab slab_;
  std::unique_ptr<uint64_t[], void (*)(void*)> entries_;
  size_t mask_ = 0;
  size_t size_ = 0;
  size_t grow_at_ = 0;
};

}  // namespace streamhost
