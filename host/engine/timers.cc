#include "engine/timers.h"

#include <algorithm>

namespace streamhost {

void Timers::set(void* state, int64_t at_us, uint64_t tag) {
  auto& sets = by_state_[state];
  const auto it =
      std::find_if(sets.begin(), sets.end(), [&](const Set& s) { return s.tag == tag; });
  if (it == sets.end()) {
    sets.push_back({tag, at_us});
  } else {
    order_.erase({it->at_us, state, tag});
    it->at_us = at_us;
  }
  order_.insert({at_us, state, tag});
}

void Timers::clear(void* state, uint64_t tag) {
  const auto it = by_state_.find(state);
  if (it == by_state_.end()) return;
  for (const Set& s : it->second) {
    if (s.tag == tag) order_.erase({s.at_us, state, tag});
  }
  forget(state, tag);
}

void Timers::clear_all(void* state) {
  const auto it = by_state_.find(state);
  if (it == by_state_.end()) return;
  for (const Set& s : it->second) order_.erase({s.at_us, state, s.tag});
  by_state_.erase(it);
}

std::optional<int64_t> Timers::next() const {
  if (order_.empty()) return std::nullopt;
  return std::get<0>(*order_.begin());
}

void Timers::take_due(int64_t now_us, size_t most, std::vector<Due>& due) {
  const size_t first = due.size();
  while (most-- != 0 && !order_.empty() && std::get<0>(*order_.begin()) <= now_us) {
    const auto [at_us, state, tag] = *order_.begin();
    // What the first timer of a state does may move or clear its second.
    const bool again = std::any_of(due.begin() + static_cast<std::ptrdiff_t>(first), due.end(),
                                   [s = state](const Due& d) { return d.state == s; });
    if (again) return;
    order_.erase(order_.begin());
    forget(state, tag);
    due.push_back({state, at_us, tag});
  }
}

void Timers::forget(void* state, uint64_t tag) {
  const auto it = by_state_.find(state);
  if (it == by_state_.end()) return;
  std::erase_if(it->second, [&](const Set& s) { return s.tag == tag; });
  if (it->second.empty()) by_state_.erase(it);
}

}  // namespace streamhost
