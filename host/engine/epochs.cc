#include "engine/epochs.h"

#include <algorithm>

#include "base/clock.h"

namespace streamhost {

using Stage = EpochNews::Stage;

Epochs::Epochs(uint32_t workers, uint64_t first, int64_t interval_us, Hooks hooks, Place place)
    : workers_(workers),
      first_(first),
      interval_us_(interval_us),
      hooks_(std::move(hooks)),
      place_(place),
      asked_(first - 1),
      sealed_(first - 1),
      durable_(first - 1),
      committed_(first - 1) {}

void Epochs::start(int64_t steady_us) {
  const std::lock_guard lock(mutex_);
  last_barrier_us_ = steady_us;
  plan();
}

// Whether the next barrier waits for its time alone, and for this process to say so.
void Epochs::plan() {
  int64_t due_us = INT64_MAX;
  if (place_.self == 0 && !last() && asked() == committed()) {
    if (wanted_ > asked()) {
      due_us = 0;  // at once; a worker takes the difference to now
    } else if (interval_us_ != kOnlyTheLast) {
      due_us = last_barrier_us_ + interval_us_;
    }
  }
  due_us_.store(due_us, std::memory_order_relaxed);
}

// Asks for the next epoch unless one is in flight, or that is for another process to say.
bool Epochs::ask(bool last) {
  if (place_.self != 0 || asked() != committed() || this->last()) return false;
  set_asked(asked() + 1, last);
  asked_now_ = EpochNews{Stage::kAsked, asked(), last, {}};
  return true;
}

void Epochs::set_asked(uint64_t epoch, bool last) {
  last_barrier_us_ = steady_now_us();
  saved_ = committing_ = 0;
  cleared_.clear();
  flights_.erase(flights_.begin(), flights_.lower_bound(epoch));
  asked_.store(epoch, std::memory_order_seq_cst);
  // Behind it, or over() could be true for a moment.
  if (last) last_.store(true, std::memory_order_seq_cst);
  plan();
}

void Epochs::tell(const EpochNews& news) const {
  if (hooks_.tell) hooks_.tell(news);
}

bool Epochs::tell_asked() {
  std::optional<EpochNews> news;
  {
    const std::lock_guard lock(mutex_);
    news = std::exchange(asked_now_, std::nullopt);
  }
  if (news) tell(*news);
  return news.has_value();
}

void Epochs::ask_now() {
  {
    const std::lock_guard lock(mutex_);
    ask(false);
  }
  tell_asked();
}

void Epochs::request() {
  uint64_t wanted = 0;
  {
    const std::lock_guard lock(mutex_);
    if (wanted_ > asked() || last()) return;
    wanted = wanted_ = asked() + 1;
    plan();
  }
  if (place_.self != 0) return tell({Stage::kWanted, wanted, false, {}});
  hooks_.changed();
}

void Epochs::process_ended() {
  if (all(++ended_processes_)) ask(true);
}

void Epochs::sources_ended() {
  {
    const std::lock_guard lock(mutex_);
    if (++ended_ != workers_) return;
    process_ended();
  }
  tell({Stage::kEnded, 0, false, {}});
  if (tell_asked()) hooks_.changed();
}

void Epochs::tick(int64_t steady_us) {
  if (steady_us < due_us()) return;
  {
    const std::lock_guard lock(mutex_);
    if (steady_us < due_us() || !ask(false)) return;
  }
  tell_asked();
  hooks_.changed();
}

bool Epochs::process_saved(uint64_t epoch, const std::vector<uint32_t>& cleared,
                           std::vector<uint32_t>* all_cleared) {
  Flight& flight = flights_[epoch];
  flight.cleared.insert(flight.cleared.end(), cleared.begin(), cleared.end());
  if (!all(++flight.saved) || given_up_) return false;
  std::sort(flight.cleared.begin(), flight.cleared.end());
  flight.cleared.erase(std::unique(flight.cleared.begin(), flight.cleared.end()),
                       flight.cleared.end());
  *all_cleared = flight.cleared;
  sealed_.store(epoch, std::memory_order_seq_cst);
  return true;
}

void Epochs::saved(const std::vector<uint32_t>& cleared) {
  std::vector<uint32_t> here, everywhere;
  const uint64_t epoch = asked();  // until all processes have committed it
  bool sealed = false;
  {
    const std::lock_guard lock(mutex_);
    cleared_.insert(cleared_.end(), cleared.begin(), cleared.end());
    if (++saved_ != workers_ || given_up_) return;
    saved_epoch_ = epoch;
    here = std::move(cleared_);
    sealed = process_saved(epoch, here, &everywhere);
  }
  tell({Stage::kSaved, epoch, false, std::move(here)});
  if (sealed) seal(epoch, std::move(everywhere));
}

void Epochs::seal(uint64_t epoch, std::vector<uint32_t> cleared) {
  if (hooks_.sealed) {
    hooks_.sealed(epoch, std::move(cleared));
  } else {
    set_durable_everywhere(epoch);  // as every process knows by itself
  }
}

void Epochs::set_durable(uint64_t epoch) {
  bool everywhere = false;
  {
    const std::lock_guard lock(mutex_);
    everywhere = all(++flights_[epoch].durable);
  }
  tell({Stage::kDurable, epoch, false, {}});
  if (everywhere) set_durable_everywhere(epoch);
}

void Epochs::set_durable_everywhere(uint64_t epoch) {
  if (hooks_.durable) hooks_.durable(epoch);
  durable_.store(epoch, std::memory_order_seq_cst);
  hooks_.changed();
}

Epochs::Fate Epochs::give_up() {
  const std::lock_guard lock(mutex_);
  given_up_ = true;
  if (sealed() == asked()) return Fate::kStands;
  return saved_epoch_ == asked() ? Fate::kUnknown : Fate::kVoid;
}

bool Epochs::process_committed(uint64_t epoch) {
  if (!all(++flights_[epoch].committed)) return false;
  committed_.store(epoch, std::memory_order_seq_cst);
  if (all(ended_processes_)) ask(true);
  plan();
  return true;
}

void Epochs::committed_here() {
  const uint64_t epoch = asked();
  bool committed = false;
  {
    const std::lock_guard lock(mutex_);
    if (++committing_ != workers_) return;
    committed = process_committed(epoch);
  }
  tell({Stage::kCommitted, epoch, false, {}});
  if (!committed) return;
  tell_asked();
  hooks_.changed();
}

void Epochs::heard(const EpochNews& news) {
  bool sealed = false, durable = false;
  std::vector<uint32_t> cleared;
  {
    const std::lock_guard lock(mutex_);
    // It is over, and what one process still had to say of it was implied by another.
    const bool old = news.epoch <= committed();
    switch (news.stage) {
      case Stage::kEnded: process_ended(); break;
      case Stage::kAsked:
        if (news.epoch <= asked()) return;
        // Process 0 asks only when all have committed the one before.
        committed_.store(news.epoch - 1, std::memory_order_seq_cst);
        set_asked(news.epoch, news.last);
        break;
      case Stage::kSaved: sealed = !old && process_saved(news.epoch, news.cleared, &cleared); break;
      case Stage::kDurable: durable = !old && all(++flights_[news.epoch].durable); break;
      case Stage::kCommitted:
        if (!old) process_committed(news.epoch);
        break;
      case Stage::kWanted:
        wanted_ = std::max(wanted_, news.epoch);
        plan();
        break;
    }
  }
  if (sealed) seal(news.epoch, std::move(cleared));
  if (durable) set_durable_everywhere(news.epoch);
  tell_asked();
  hooks_.changed();
}

}  // namespace streamhost
