#include "engine/state_table.h"

#include <cstdlib>
#include <cstring>
#include <new>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#include <sys/mman.h>

#include <algorithm>

#include "base/key_hash.h"

namespace streamhost {
namespace {

constexpr size_t kFirstEntries = 64;
constexpr uint32_t kGroup = 64;  // records looked up at a time: their lines fit the L1 cache
constexpr size_t kKeptWhenEmpty = size_t{1} << 20;
constexpr size_t kSaveAhead = 16;  // states to prefetch before they are saved

// True when the first `len` bytes are equal. `stored` may be read 16 bytes from its begin.
inline bool same_bytes(const uint8_t* stored, const uint8_t* key, uint32_t len) {
#if defined(__SSE2__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // One compare instead of a call to memcmp. Reading past the key is harmless within its page.
  if (len <= 16 && (reinterpret_cast<uintptr_t>(key) & 4095) <= 4096 - 16) {
    const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(stored));
    const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(key));
    const auto equal = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)));
    const uint32_t wanted = (uint32_t{1} << len) - 1;
    return (equal & wanted) == wanted;
  }
#endif
  return len == 0 || std::memcmp(stored, key, len) == 0;
}

uint64_t* make_entries(size_t count) {
  const size_t size = count * sizeof(uint64_t);
  void* memory = std::aligned_alloc(4096, std::max(size, size_t{4096}));
  if (memory == nullptr) throw std::bad_alloc();
  if (size >= size_t{2} << 20) madvise(memory, size, MADV_HUGEPAGE);
  std::memset(memory, 0, size);
  return static_cast<uint64_t*>(memory);
}

}  // namespace

StateTable::StateTable(uint32_t state_size, uint32_t state_align)
    : state_size_(state_size),
      key_offset_(static_cast<uint32_t>(sizeof(Slot)) + state_size),
      slab_(std::max<size_t>(16, state_align), sizeof(Slot)),
      entries_(nullptr, &std::free) {
  resize(kFirstEntries);
}

inline bool StateTable::matches(const Slot* slot, uint64_t hash, const uint8_t* key,
                                uint32_t key_len) const {
  return slot->hash == hash && slot->key_len == key_len &&
         same_bytes(key_bytes(slot), key, key_len);
}

StateTable::Found StateTable::find(sh_record* records, uint32_t count, void** states,
                                   const Init& init) {
  for (uint32_t begin = 0; begin < count; begin += kGroup) {
    const uint32_t n = std::min(count - begin, kGroup);
    const Found found = find_group(records + begin, n, states + begin, init);
    if (found != Found::kAll) return found;
  }
  return Found::kAll;
}

StateTable::Found StateTable::find_group(sh_record* records, uint32_t count, void** states,
                                         const Init& init) {
  Slot* candidates[kGroup];
  for (uint32_t i = 0; i < count; ++i) {
    sh_record& r = records[i];
    if (r.key_len == SH_ABSENT) [[unlikely]]
      return Found::kKeyless;
    if (r.key_hash == 0) r.key_hash = key_hash(r.key, r.key_len);
    __builtin_prefetch(&entries_[r.key_hash & mask_]);
  }
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t hash = records[i].key_hash;
    const uint64_t tag = tag_of(hash);
    size_t at = hash & mask_;
    // The first entry with the right tag: nearly always the key itself, if it is there.
    while (entries_[at] != 0 && (entries_[at] & ~kPointerMask) != tag) at = (at + 1) & mask_;
    candidates[i] = slot_of(entries_[at]);
    __builtin_prefetch(candidates[i]);
  }
  for (uint32_t i = 0; i < count; ++i) {
    const sh_record& r = records[i];
    Slot* slot = candidates[i];
    if (slot != nullptr && matches(slot, r.key_hash, r.key, r.key_len)) [[likely]] {
      states[i] = state_of(slot);
    } else {
      bool is_new = false;
      states[i] = find_one(r.key, r.key_len, r.key_hash, &is_new);
      if (is_new && init && !init({r.key, r.key_len}, states[i])) {
        erase(states[i]);
        return Found::kFailed;
      }
    }
    if (tracks_ && !touch(slot_before(states[i]))) return Found::kFailed;
  }
  return Found::kAll;
}

void* StateTable::find_one(const uint8_t* key, uint32_t key_len, uint64_t hash, bool* is_new) {
  const uint64_t tag = tag_of(hash);
  size_t at = hash & mask_;
  for (;; at = (at + 1) & mask_) {
    const uint64_t entry = entries_[at];
    if (entry == 0) break;
    if ((entry & ~kPointerMask) != tag) continue;
    Slot* slot = slot_of(entry);
    if (matches(slot, hash, key, key_len)) {
      *is_new = false;
      return state_of(slot);
    }
  }
  *is_new = true;
  return insert(key, key_len, hash, at);
}

void* StateTable::insert(const uint8_t* key, uint32_t key_len, uint64_t hash, size_t at) {
  if (size_ >= grow_at_) {
    rehash((mask_ + 1) * 2);
    at = hash & mask_;
    while (entries_[at] != 0) at = (at + 1) & mask_;
  }
  const size_t size = size_t{key_offset_} + key_len;
  auto* slot = static_cast<Slot*>(slab_.allocate(size));
  slot->hash = hash;
  slot->key_len = key_len;
  slot->mark = 0;
  if (key_len != 0) std::memcpy(reinterpret_cast<uint8_t*>(slot) + key_offset_, key, key_len);
  entries_[at] = tag_of(hash) | reinterpret_cast<uint64_t>(slot);
  ++size_;
  return state_of(slot);
}

void StateTable::erase(void* state) {
  const Slot* slot = slot_before(state);
  size_t hole = slot->hash & mask_;
  while (slot_of(entries_[hole]) != slot) hole = (hole + 1) & mask_;
  // Shift later entries of the run back (Knuth, vol. 3, 6.4, algorithm R): no tombstones remain.
  for (size_t next = (hole + 1) & mask_; entries_[next] != 0; next = (next + 1) & mask_) {
    const size_t home = slot_of(entries_[next])->hash & mask_;
    if (((next - home) & mask_) >= ((next - hole) & mask_)) {
      entries_[hole] = entries_[next];
      hole = next;
    }
  }
  entries_[hole] = 0;
  --size_;
  slab_.free(const_cast<Slot*>(slot), size_of(slot));
  // Memory goes back when most keys have gone, unless it is so little that the next ones want it
  // again.
  if (size_ == 0 && memory() > kKeptWhenEmpty) {
    clear();
  } else if (entry_memory() > kKeptWhenEmpty && size_ < (mask_ + 1) / 16) {
    rehash((mask_ + 1) / 4);
  }
}

sh_bytes StateTable::key_of(const void* state) const {
  const Slot* slot = slot_before(state);
  return {key_bytes(slot), slot->key_len};
}

void StateTable::track(SaveFirst save_first) {
  tracks_ = true;
  save_first_ = std::move(save_first);
}

bool StateTable::touch_slow(Slot* slot) {
  if (!thaw(slot)) return false;
  std::deque<void*>& touched = touched_[list_];
  touched.push_back(state_of(slot));
  slot->mark = (slot->mark & kStored) | (list_ * kSecondList) |
               (static_cast<uint32_t>(touched.size()) & kPlace);
  return true;
}

// Saves a frozen state now instead of in its turn.
bool StateTable::thaw(Slot* slot) {
  const uint32_t place = slot->mark & kPlace;
  const uint32_t list = (slot->mark & kSecondList) != 0 ? 1 : 0;
  if (place == 0 || list == list_) return true;
  touched_[list][place - 1] = nullptr;
  slot->mark &= kStored;
  return save_first_(state_of(slot));
}

void StateTable::freeze() {
  touched_[1 - list_].clear();
  list_ = 1 - list_;
  taken_ = 0;
}

void* StateTable::take_frozen() {
  std::deque<void*>& frozen = touched_[1 - list_];
  while (taken_ < frozen.size()) {
    if (taken_ + kSaveAhead < frozen.size() && frozen[taken_ + kSaveAhead] != nullptr) {
      __builtin_prefetch(slot_before(frozen[taken_ + kSaveAhead]));
    }
    void* state = frozen[taken_++];
    if (state == nullptr) continue;
    slot_before(state)->mark &= kStored;
    return state;
  }
  // Gives its memory back.
  if (!frozen.empty()) std::deque<void*>().swap(frozen);
  taken_ = 0;
  return nullptr;
}

bool StateTable::untouch(void* state) {
  Slot* slot = slot_before(state);
  if (!thaw(slot)) return false;
  const uint32_t place = slot->mark & kPlace;
  if (place == 0) return true;
  // The last one takes its place, so that keys that come and go leave nothing behind.
  std::deque<void*>& touched = touched_[list_];
  void* last = touched.back();
  touched[place - 1] = last;
  slot_before(last)->mark = (slot->mark & ~kStored) | (slot_before(last)->mark & kStored);
  touched.pop_back();
  slot->mark &= kStored;
  return true;
}

uint64_t StateTable::hash_of(const void* state) { return slot_before(state)->hash; }

void StateTable::free_large() {
  if (!slab_.has_large()) return;
  for_each([&](void* state) {
    Slot* slot = static_cast<Slot*>(state) - 1;
    slab_.free(slot, size_of(slot));
  });
}

void StateTable::clear() {
  for (auto& touched : touched_) std::deque<void*>().swap(touched);
  taken_ = 0;
  free_large();
  slab_.clear();
  size_ = 0;
  resize(kFirstEntries);
}

void StateTable::rehash(size_t entries) {
  const size_t old_count = mask_ + 1;
  auto old = std::move(entries_);
  resize(entries);
  for (size_t i = 0; i < old_count; ++i) {
    if (old[i] == 0) continue;
    size_t at = slot_of(old[i])->hash & mask_;
    while (entries_[at] != 0) at = (at + 1) & mask_;
    entries_[at] = old[i];
  }
}

void StateTable::resize(size_t entries) {
  entries_ = std::unique_ptr<uint64_t[], void (*)(void*)>(make_entries(entries), &std::free);
  mask_ = entries - 1;
  grow_at_ = entries / 10 * 7;
}

}  // namespace streamhost
