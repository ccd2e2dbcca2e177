#include "engine/alignment.h"

#include <algorithm>

#include "base/clock.h"

namespace streamhost {
namespace {

// Between two times of telling other processes: a small part of kAhead records.
constexpr int64_t kTellUs = 1'000;

}  // namespace

Alignment::Alignment(ExchangeHub& hub, uint32_t sources, std::function<void()> tell)
    : hub_(hub),
      members_(size_t{hub.topology.local()} * sources),
      elsewhere_us_(hub.topology.processes()),
      tell_(std::move(tell)) {
  for (auto& us : elsewhere_us_) us = kNoWatermark;
  elsewhere_us_[hub.topology.self()] = INT64_MAX;  // its members say
}

int64_t Alignment::least_here() const {
  int64_t least = INT64_MAX;
  for (const Member& m : members_) {
    least = std::min(least, m.least_us.load(std::memory_order_seq_cst));
  }
  return least;
}

int64_t Alignment::least() const {
  int64_t least = least_here();
  for (const auto& us : elsewhere_us_) {
    least = std::min(least, us.load(std::memory_order_seq_cst));
  }
  return least;
}

void Alignment::reached(uint32_t source, uint32_t worker, int64_t least_us) {
  Member& own = member(source, worker);
  const int64_t before = own.least_us.load(std::memory_order_relaxed);
  if (before == least_us) return;
  own.least_us.store(least_us, std::memory_order_seq_cst);
  // Nobody waits for one that has nothing, and everybody for one that has something again.
  if (tell_) tell(least_us == INT64_MAX || before == INT64_MAX || before == kNoWatermark);
  if (least_us >= before) wake_waiting();
}

// Either this sees that somebody waits, or who begins to wait sees what was stored before.
void Alignment::wake_waiting() {
  int64_t least = INT64_MIN;
  for (size_t m = 0; m < members_.size(); ++m) {
    const int64_t wanted = members_[m].wanted_us.load(std::memory_order_seq_cst);
    if (wanted == INT64_MAX) continue;
    if (least == INT64_MIN) least = this->least();
    if (wanted <= least) hub_.parkers[m % hub_.topology.local()].wake();
  }
}

void Alignment::reached_elsewhere(uint32_t process, int64_t least_us) {
  elsewhere_us_[process].store(least_us, std::memory_order_seq_cst);
  wake_waiting();
}

void Alignment::tell(bool now) {
  const int64_t least = least_here();
  if (least == told_us_.load(std::memory_order_relaxed)) return;
  const int64_t steady_us = steady_now_us();
  if (!now && steady_us - told_at_us_.load(std::memory_order_relaxed) < kTellUs) return;
  told_at_us_.store(steady_us, std::memory_order_relaxed);
  told_us_.store(least, std::memory_order_relaxed);
  tell_();
}

bool Alignment::wait_for(uint32_t source, uint32_t worker, int64_t us) {
  Member& own = member(source, worker);
  if (own.wanted_us.load(std::memory_order_relaxed) != us) {
    own.wanted_us.store(us, std::memory_order_seq_cst);
  }
  // Others may wait for what this one has come to while it waits itself.
  if (tell_ && us != INT64_MAX) tell(true);
  return us == INT64_MAX || least() < us;
}

}  // namespace streamhost
