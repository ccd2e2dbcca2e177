#include "lane.h"

#include <algorithm>
#include <cstring>

namespace streamhost::join {

void Lane::add(int64_t time_us, std::string_view json, bool matched) {
  Entry entry{time_us, std::make_unique_for_overwrite<char[]>(json.size()),
              static_cast<uint32_t>(json.size()), matched};
  if (!json.empty()) std::memcpy(entry.text.get(), json.data(), json.size());
  if (empty() || entries_.back().time_us <= time_us) {
    entries_.push_back(std::move(entry));
    return;
  }
  const auto at =
      std::upper_bound(entries_.begin() + static_cast<std::ptrdiff_t>(taken_), entries_.end(),
                       time_us, [](int64_t t, const Entry& e) { return t < e.time_us; });
  const auto before = at - entries_.begin() - static_cast<std::ptrdiff_t>(taken_);
  if (taken_ != 0 && before < entries_.end() - at) {
    // From a source that lags behind: there is room in front.
    std::move(at - before, at, at - before - 1);
    *(at - 1) = std::move(entry);
    --taken_;
    return;
  }
  entries_.insert(at, std::move(entry));
}

std::span<Lane::Entry> Lane::between(int64_t first_us, int64_t last_us) {
  const auto begin =
      std::lower_bound(entries_.begin() + static_cast<std::ptrdiff_t>(taken_), entries_.end(),
                       first_us, [](const Entry& e, int64_t t) { return e.time_us < t; });
  const auto end = std::upper_bound(begin, entries_.end(), last_us,
                                    [](int64_t t, const Entry& e) { return t < e.time_us; });
  return {begin, end};
}

void Lane::pop() {
  entries_[taken_++].text.reset();
  if (taken_ == entries_.size()) {
    entries_.clear();
    taken_ = 0;
    // A key that had much once does not hold on to it.
    if (entries_.capacity() > 64) entries_.shrink_to_fit();
  } else if (taken_ >= 16 && taken_ * 2 >= entries_.size()) {
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(taken_));
    taken_ = 0;
    if (entries_.capacity() > 64 && entries_.capacity() / 8 > entries_.size()) {
      entries_.shrink_to_fit();
    }
  }
}

}  // namespace streamhost::join
