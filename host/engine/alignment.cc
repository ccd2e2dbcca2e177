#include "engine/alignment.h"

#include <algorithm>

namespace streamhost {

Alignment::Alignment(ExchangeHub& hub, uint32_t workers, uint32_t sources)
    : hub_(hub), workers_(workers), members_(size_t{workers} * sources) {}

int64_t Alignment::least() const {
  int64_t least = INT64_MAX;
  for (const Member& m : members_) {
    least = std::min(least, m.least_us.load(std::memory_order_seq_cst));
  }
  return least;
}

void Alignment::reached(uint32_t source, uint32_t worker, int64_t least_us) {
  Member& own = member(source, worker);
  const int64_t before = own.least_us.load(std::memory_order_relaxed);
  if (before == least_us) return;
  own.least_us.store(least_us, std::memory_order_seq_cst);
  if (least_us < before) return;
  // Either this sees that somebody waits, or who begins to wait sees the store above.
  int64_t least = INT64_MIN;
  for (size_t m = 0; m < members_.size(); ++m) {
    const int64_t wanted = members_[m].wanted_us.load(std::memory_order_seq_cst);
    if (wanted == INT64_MAX) continue;
    if (least == INT64_MIN) least = this->least();
    if (wanted <= least) hub_.parkers[m % workers_].wake();
  }
}

bool Alignment::wait_for(uint32_t source, uint32_t worker, int64_t us) {
  Member& own = member(source, worker);
  if (own.wanted_us.load(std::memory_order_relaxed) != us) {
    own.wanted_us.store(us, std::memory_order_seq_cst);
  }
  return us == INT64_MAX || least() < us;
}

}  // namespace streamhost
