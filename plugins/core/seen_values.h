// The values that were seen, and when each came first: what dedupe knows of one key.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace streamhost::core {

// Holds each value itself, so that two are never taken for one. A record without a value counts as
// a value of its own.
class SeenValues {
 public:
  using Value = std::optional<std::string_view>;

  // Notes a value; false when it is there already. Times do not matter to this, but add() them in
  // their order as far as the clock has one.
  bool add(Value value, int64_t at_us);
  bool contains(Value value) const { return index_.count(value) != 0; }
  // Forgets the oldest as long as they were added at `until_us` or before.
  void forget(int64_t until_us);

  bool empty() const { return entries_.empty(); }
  // When the oldest was added; there is one.
  int64_t oldest_us() const { return entries_.front().at_us; }
  // The memory that all values take together, about.
  size_t bytes() const { return bytes_; }
  // What one takes of it.
  static size_t bytes_of(Value value) { return kBytesEach + value.value_or("").size(); }

  // Appends what load() reads.
  void save(std::string& to) const;
  // False when save() wrote no such thing.
  bool load(std::string_view saved);

 private:
  static constexpr size_t kBytesEach = 96;  // an entry, a node of the index and its bucket

  struct Entry {
    int64_t at_us;
    std::optional<std::string> value;
  };
  struct Hash {
    size_t operator()(const Value& v) const {
      return v ? std::hash<std::string_view>()(*v) : size_t{0x9e3779b9};
    }
  };

  std::deque<Entry> entries_;              // oldest first; they do not move
  std::unordered_set<Value, Hash> index_;  // views of them
  size_t bytes_ = 0;
};

}  // namespace streamhost::core
