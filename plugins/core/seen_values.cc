#include "seen_values.h"

#include <cstring>

namespace streamhost::core {
namespace {

constexpr uint32_t kNoValue = UINT32_MAX;

// What comes before the bytes of each value.
struct Saved {
  int64_t at_us;
  uint32_t size;
};
constexpr size_t kSavedSize = sizeof(int64_t) + sizeof(uint32_t);

}  // namespace

bool SeenValues::add(Value value, int64_t at_us) {
  if (index_.count(value) != 0) return false;
  Entry& entry = entries_.emplace_back(Entry{at_us, std::nullopt});
  if (value) entry.value.emplace(*value);
  try {
    index_.insert(entry.value ? Value(*entry.value) : std::nullopt);
  } catch (...) {
    entries_.pop_back();
    throw;
  }
  bytes_ += bytes_of(value);
  return true;
}

void SeenValues::forget(int64_t until_us) {
  while (!entries_.empty() && entries_.front().at_us <= until_us) {
    const Entry& entry = entries_.front();
    const Value value = entry.value ? Value(*entry.value) : std::nullopt;
    index_.erase(value);
    bytes_ -= bytes_of(value);
    entries_.pop_front();
  }
}

void SeenValues::save(std::string& to) const {
  for (const Entry& entry : entries_) {
    const Saved head{entry.at_us,
                     entry.value ? static_cast<uint32_t>(entry.value->size()) : kNoValue};
    to.append(reinterpret_cast<const char*>(&head), kSavedSize);
    if (entry.value) to += *entry.value;
  }
}

bool SeenValues::load(std::string_view saved) {
  while (!saved.empty()) {
    Saved head{};
    if (saved.size() < kSavedSize) return false;
    std::memcpy(&head, saved.data(), kSavedSize);
    saved.remove_prefix(kSavedSize);
    if (head.size == kNoValue) {
      if (!add(std::nullopt, head.at_us)) return false;
      continue;
    }
    if (head.size > saved.size() || !add(saved.substr(0, head.size), head.at_us)) return false;
    saved.remove_prefix(head.size);
  }
  return true;
}

}  // namespace streamhost::core
