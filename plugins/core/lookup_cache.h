// Answers of a lookup that are kept for a while: bounded in number and age.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace streamhost::core {

// Keys and what was found for them, nothing included. When it is full the one that was not asked
// for the longest goes. Not for use by several threads.
class LookupCache {
 public:
  using Answer = std::optional<std::string>;  // empty: there is nothing

  // Holds up to `most` answers, 1 at least, for `ttl_us` each; 0: until the room is needed.
  LookupCache(size_t most, int64_t ttl_us) : most_(most), ttl_us_(ttl_us) {}

  // The answer that is kept for the key; null when there is none, or it is too old. Valid until the
  // next put().
  const Answer* find(std::string_view key, int64_t now_us);
  // Keeps an answer for the key, which has none that is still good, and returns where.
  const Answer& put(std::string_view key, Answer answer, int64_t now_us);

  size_t size() const { return index_.size(); }

 private:
  struct Entry {
    std::string key;
    Answer answer;
    int64_t at_us;
  };

  const size_t most_;
  const int64_t ttl_us_;
  std::list<Entry> entries_;  // asked for last: first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;
};

}  // namespace streamhost::core
