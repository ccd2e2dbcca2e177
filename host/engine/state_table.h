// The keys of one step on one worker, and the state of each.
//
// An open-addressing table (linear probing) of 8-byte entries: 16 bits of the key's hash and a
// pointer to a slot. A slot holds hash, key and state in one piece of memory that never moves, so
// plugins may keep the pointer while the key lives. Looking a whole batch up takes three passes,
// each prefetching for the next: at a million keys nearly every lookup misses every cache.
//
// For snapshots the table can note which states are touched. At a barrier freeze() takes those of
// the epoch aside; they are then saved one after another while the next epoch runs, and one that is
// touched again before its turn is saved first (copy on write).
#pragma once

#include <streamhost/abi.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

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
    kFailed    // `init` said so, or SaveFirst
  };
  // Finds or makes the state of every record. Computes key_hash where it is 0. states[i] belongs to
  // records[i].
  Found find(sh_record* records, uint32_t count, void** states, const Init& init);
  // The same for one key.
  void* find_one(const uint8_t* key, uint32_t key_len, uint64_t hash, bool* is_new);

  // Forgets a key; its state's memory is free afterwards. `state` came from find.
  void erase(void* state);

  sh_bytes key_of(const void* state) const;
  static uint64_t hash_of(const void* state);

  // Saves a frozen state, which is about to be touched again. False gives the lookup up.
  using SaveFirst = std::function<bool(void* state)>;
  // From now on every state that is found counts as touched. While the table is empty.
  void track(SaveFirst save_first);
  // Counts a state as touched that was come by in another way; false when saving it first failed.
  [[nodiscard]] bool touch(void* state) { return !tracks_ || touch(slot_before(state)); }
  // The touched states are now frozen, and no other is. All that were frozen have been taken.
  void freeze();
  // The next frozen state to save, which is then no longer frozen; null when there is none.
  void* take_frozen();
  bool has_frozen() const { return taken_ < touched_[1 - list_].size(); }
  // Says that the state is stored as it is: of one that was restored or has just been saved.
  static void set_stored(void* state) { slot_before(state)->mark |= kStored; }
  // True when some snapshot holds the key.
  static bool stored(const void* state) { return (slot_before(state)->mark & kStored) != 0; }
  // Ends the tracking of a state before it is erased; saves it first if it is frozen.
  bool untouch(void* state);

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
    // When states are tracked: whether some snapshot holds the key, which list of touched states
    // this one is in, and its place there plus one (0: in none).
    uint32_t mark;
  };
  static constexpr uint32_t kStored = uint32_t{1} << 31;
  static constexpr uint32_t kSecondList = uint32_t{1} << 30;
  static constexpr uint32_t kPlace = kSecondList - 1;

  static constexpr size_t kWalkAhead = 16;
  static constexpr uint64_t kPointerMask = (uint64_t{1} << 48) - 1;
  static Slot* slot_of(uint64_t entry) { return reinterpret_cast<Slot*>(entry & kPointerMask); }
  static void* state_of(Slot* slot) { return slot + 1; }
  static const Slot* slot_before(const void* state) { return static_cast<const Slot*>(state) - 1; }
  static Slot* slot_before(void* state) { return static_cast<Slot*>(state) - 1; }
  size_t size_of(const Slot* slot) const { return size_t{key_offset_} + slot->key_len; }
  // Bits 32 to 47 of the hash, in the top bits of the entry: neither those that index nor the
  // highest ones, which choose the worker.
  static uint64_t tag_of(uint64_t hash) { return (hash << 16) & ~kPointerMask; }
  const uint8_t* key_bytes(const Slot* slot) const {
    return reinterpret_cast<const uint8_t*>(slot) + key_offset_;
  }
  bool matches(const Slot* slot, uint64_t hash, const uint8_t* key, uint32_t key_len) const;
  Found find_group(sh_record* records, uint32_t count, void** states, const Init& init);
  // Notes that a state is touched; false when saving it first failed.
  bool touch(Slot* slot) {
    const uint32_t in_this_list = (slot->mark & kSecondList) == list_ * kSecondList;
    if ((slot->mark & kPlace) != 0 && in_this_list) [[likely]]
      return true;
    return touch_slow(slot);
  }
  bool touch_slow(Slot* slot);
  bool thaw(Slot* slot);
  void* insert(const uint8_t* key, uint32_t key_len, uint64_t hash, size_t at);
  // Slots too large for a piece of the slab are freed one by one.
  void free_large();
  // Another number of entries, a power of two.
  void rehash(size_t entries);
  void resize(size_t entries);
  size_t entry_memory() const { return (mask_ + 1) * sizeof(uint64_t); }

  const uint32_t state_size_;
  const uint32_t key_offset_;  // from the slot's begin
  Slab slab_;
  std::unique_ptr<uint64_t[], void (*)(void*)> entries_;
  size_t mask_ = 0;
  size_t size_ = 0;
  size_t grow_at_ = 0;
  bool tracks_ = false;
  SaveFirst save_first_;
  uint32_t list_ = 0;             // which of these is the running epoch's
  std::deque<void*> touched_[2];  // null: was saved before its turn
  size_t taken_ = 0;              // of the frozen ones
};

}  // namespace streamhost
