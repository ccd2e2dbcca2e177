// The map of all hand-written loops: text to a value, open addressing with linear probing, the hash
// stored beside the key, key bytes in an arena. At most half full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace bench {

template <class Value>
class TextMap {
 public:
  // Room for 2^bits slots at first.
  explicit TextMap(unsigned bits = 12) : slots_(size_t{1} << bits), mask_(slots_.size() - 1) {}

  // The value of `key`, made from nothing at first sight. `hash` must be the same for equal keys.
  // The reference lives until the next call.
  Value& at(std::string_view key, uint64_t hash) {
    for (size_t i = hash & mask_;; i = (i + 1) & mask_) {
      Slot& slot = slots_[i];
      if (slot.hash == hash && slot.length == key.size() &&
          std::memcmp(slot.key, key.data(), key.size()) == 0 && slot.key != nullptr) {
        return slot.value;
      }
      if (slot.key == nullptr) return insert(i, key, hash);
    }
  }

  // Asks the memory for the slot where the search for `hash` begins, ahead of at().
  void prefetch(uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }

  // Calls `body(std::string_view key, const Value&)` for every key, in no particular order.
  template <class Body>
  void each(Body&& body) const {
    for (const Slot& slot : slots_) {
      if (slot.key != nullptr) body(std::string_view(slot.key, slot.length), slot.value);
    }
  }
  // The same for `body(std::string_view key, Value&)`.
  template <class Body>
  void each(Body&& body) {
    for (Slot& slot : slots_) {
      if (slot.key != nullptr) body(std::string_view(slot.key, slot.length), slot.value);
    }
  }
  size_t size() const { return used_; }

 private:
  struct Slot {
    uint64_t hash = 0;
    const char* key = nullptr;
    size_t length = 0;
    Value value{};
  };

  Value& insert(size_t i, std::string_view key, uint64_t hash) {
    if (2 * (used_ + 1) > slots_.size()) {
      grow();
      i = hash & mask_;
      while (slots_[i].key != nullptr) i = (i + 1) & mask_;
    }
    ++used_;
    slots_[i] = Slot{hash, keep(key), key.size(), Value{}};
    return slots_[i].value;
  }
  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.key == nullptr) continue;
      size_t i = slot.hash & mask_;
      while (slots_[i].key != nullptr) i = (i + 1) & mask_;
      slots_[i] = slot;
    }
  }
  const char* keep(std::string_view key) {
    static constexpr size_t kChunk = size_t{1} << 16;
    if (left_ < key.size()) {
      left_ = key.size() > kChunk ? key.size() : kChunk;
      chunks_.push_back(std::make_unique<char[]>(left_));
      next_ = chunks_.back().get();
    }
    std::memcpy(next_, key.data(), key.size());
    const char* const kept = next_;
    next_ += key.size();
    left_ -= key.size();
    return kept;
  }

  std::vector<Slot> slots_;
  size_t mask_;
  size_t used_ = 0;
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace bench
