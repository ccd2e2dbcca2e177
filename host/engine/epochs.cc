#include "engine/epochs.h"

#include <algorithm>

#include "base/clock.h"

namespace streamhost {

Epochs::Epochs(uint32_t workers, uint64_t first, int64_t interval_us, Hooks hooks)
    : workers_(workers),
      first_(first),
      interval_us_(interval_us),
      hooks_(std::move(hooks)),
      asked_(first - 1),
      sealed_(first - 1),
      durable_(first - 1),
      committed_(first - 1) {}

void Epochs::start(int64_t steady_us) {
  const std::lock_guard lock(mutex_);
  last_barrier_us_ = steady_us;
  plan();
}

// Whether the next barrier waits for its time alone. The lock is held.
void Epochs::plan() {
  const bool waits = interval_us_ != kOnlyTheLast && !last() && asked() == committed();
  due_us_.store(waits ? last_barrier_us_ + interval_us_ : INT64_MAX, std::memory_order_relaxed);
}

// Asks for the next epoch unless one is in flight. The lock is held.
bool Epochs::ask(bool last) {
  if (asked() != committed() || this->last()) return false;
  last_barrier_us_ = steady_now_us();
  saved_ = committing_ = 0;
  cleared_.clear();
  asked_.fetch_add(1, std::memory_order_seq_cst);
  // Behind it, or over() could be true for a moment.
  if (last) last_.store(true, std::memory_order_seq_cst);
  plan();
  return true;
}

void Epochs::sources_ended() {
  {
    const std::lock_guard lock(mutex_);
    if (++ended_ != workers_ || !ask(true)) return;
  }
  hooks_.changed();
}

void Epochs::tick(int64_t steady_us) {
  if (steady_us < due_us()) return;
  {
    const std::lock_guard lock(mutex_);
    if (steady_us < due_us() || !ask(false)) return;
  }
  hooks_.changed();
}

void Epochs::saved(const std::vector<uint32_t>& cleared) {
  std::vector<uint32_t> all;
  {
    const std::lock_guard lock(mutex_);
    cleared_.insert(cleared_.end(), cleared.begin(), cleared.end());
    if (++saved_ != workers_ || given_up_) return;
    std::sort(cleared_.begin(), cleared_.end());
    cleared_.erase(std::unique(cleared_.begin(), cleared_.end()), cleared_.end());
    all = std::move(cleared_);
    sealed_.store(asked(), std::memory_order_seq_cst);
  }
  if (hooks_.sealed) {
    hooks_.sealed(asked(), std::move(all));
  } else {
    set_durable(asked());
  }
}

void Epochs::set_durable(uint64_t epoch) {
  durable_.store(epoch, std::memory_order_seq_cst);
  hooks_.changed();
}

bool Epochs::give_up() {
  const std::lock_guard lock(mutex_);
  given_up_ = true;
  return sealed() == asked();
}

void Epochs::committed_here() {
  {
    const std::lock_guard lock(mutex_);
    if (++committing_ != workers_) return;
    committed_.store(asked(), std::memory_order_seq_cst);
    if (ended_ == workers_) ask(true);
    plan();
  }
  hooks_.changed();
}

}  // namespace streamhost
