// What an interval join keeps of one input for one key: values ordered by their time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace streamhost::join {

// Times in microseconds. Values of one time stay in the order they came. Adding at the end and
// taking from the front cost a constant on average; a value that comes out of order moves those
// after it, or those before it when they are fewer and values have been taken from the front.
class Lane {
 public:
  struct Entry {
    int64_t time_us;
    std::unique_ptr<char[]> text;
    uint32_t size;
    bool matched;  // has been in a row

    std::string_view json() const { return {text.get(), size}; }
  };

  // Copies `json`.
  void add(int64_t time_us, std::string_view json, bool matched);
  // Those from `first_us` to `last_us`, both inclusive. Valid until the next change.
  std::span<Entry> between(int64_t first_us, int64_t last_us);
  std::span<const Entry> all() const { return {entries_.data() + taken_, size()}; }

  bool empty() const { return taken_ == entries_.size(); }
  size_t size() const { return entries_.size() - taken_; }
  // For how many values there is memory.
  size_t capacity() const { return entries_.capacity(); }
  // The oldest; there must be one.
  const Entry& front() const { return entries_[taken_]; }
  void pop();

 private:
  std::vector<Entry> entries_;  // the first `taken_` are gone
  size_t taken_ = 0;
};

}  // namespace streamhost::join
