#include "lookup_cache.h"

#include <utility>

namespace streamhost::core {

const LookupCache::Answer* LookupCache::find(std::string_view key, int64_t now_us) {
  const auto at = index_.find(key);
  if (at == index_.end()) return nullptr;
  const auto entry = at->second;
  if (ttl_us_ != 0 && now_us - entry->at_us >= ttl_us_) {
    index_.erase(at);
    entries_.erase(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return &entry->answer;
}

const LookupCache::Answer& LookupCache::put(std::string_view key, Answer answer, int64_t now_us) {
  if (index_.size() >= most_) {
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({std::string(key), std::move(answer), now_us});
  try {
    index_.emplace(entries_.front().key, entries_.begin());
  } catch (...) {
    entries_.pop_front();
    throw;
  }
  return entries_.front().answer;
}

}  // namespace streamhost::core
