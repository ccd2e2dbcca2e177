#include "plan_cache.h"

#include <streamhost/sdk/error.hpp>

namespace streamhost::avro {

const Plan& PlanCache::get(int32_t id, int64_t now_us, const Make& make) {
  if (last_ != nullptr && id == last_id_) return *last_;
  auto found = entries_.find(id);
  if (found != entries_.end() && found->second.plan == nullptr &&
      (now_us >= found->second.until_us || now_us < found->second.until_us - failures_for_us_)) {
    entries_.erase(found);
    found = entries_.end();
  }
  if (found == entries_.end()) {
    Entry entry;
    try {
      entry.plan = make(id);
    } catch (const Error& e) {
      if (e.status() != SH_E_DATA) throw;
      entry.problem = e.what();
      entry.until_us = now_us + failures_for_us_;
    }
    if (entries_.size() >= capacity_) make_room();
    found = entries_.emplace(id, std::move(entry)).first;
  }
  Entry& entry = found->second;
  entry.used = ++uses_;
  if (entry.plan == nullptr) throw bad_data(entry.problem);
  last_id_ = id;
  last_ = entry.plan.get();
  return *last_;
}

// Failures go first, so that no flood of bad ids drives out what is needed; then what was not used
// for the longest time.
void PlanCache::make_room() {
  auto oldest = entries_.begin();
  for (auto at = entries_.begin(); at != entries_.end(); ++at) {
    const bool fails = at->second.plan == nullptr, oldest_fails = oldest->second.plan == nullptr;
    if (fails != oldest_fails ? fails : at->second.used < oldest->second.used) oldest = at;
  }
  if (oldest->second.plan.get() == last_) last_ = nullptr;
  entries_.erase(oldest);
}

}  // namespace streamhost::avro
