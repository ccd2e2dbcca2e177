#include "engine/timers.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace streamhost {
namespace {

constexpr size_t kFirstPlaces = 16;
// Stale entries of the heap that are put up with, beyond as many as there are timers.
constexpr size_t kStale = 1024;
constexpr size_t kKeptBytes = size_t{64} << 10;

// In the order of times.
uint64_t ordered(int64_t at_us) { return static_cast<uint64_t>(at_us) ^ (uint64_t{1} << 63); }

size_t bucket_of(int64_t at_us, int64_t last) {
  if (at_us <= last) return 0;
  return static_cast<size_t>(std::bit_width(ordered(at_us) ^ ordered(last)));
}

template <class T>
void give_back(std::vector<T>& v) {
  if (v.capacity() * sizeof(T) > kKeptBytes) {
    std::vector<T>().swap(v);
  } else {
    v.clear();
  }
}

}  // namespace

size_t Timers::home_of(const void* state) const {
  // States lie at multiples of 16: Fibonacci hashing (Knuth, vol. 3, 6.4) mixes what differs.
  const uint64_t mixed = (reinterpret_cast<uint64_t>(state) >> 4) * 0x9E3779B97F4A7C15u;
  return static_cast<size_t>(mixed >> 20) & (table_.size() - 1);
}

size_t Timers::find(const void* state, uint64_t tag) const {
  const size_t mask = table_.size() - 1;
  size_t place = home_of(state);
  while (table_[place].state != nullptr &&
         (table_[place].state != state || table_[place].tag != tag)) {
    place = (place + 1) & mask;
  }
  return place;
}

bool Timers::has_other(const void* state) const {
  const size_t mask = table_.size() - 1;
  for (size_t place = home_of(state); table_[place].state != nullptr; place = (place + 1) & mask) {
    if (table_[place].state == state) return true;
  }
  return false;
}

void Timers::set(void* state, int64_t at_us, uint64_t tag) {
  if (!table_.empty()) {
    Timer& timer = table_[find(state, tag)];
    if (timer.state != nullptr) {
      // The entry in the heap does for a later time: when it is next it is found to have moved.
      const bool earlier = at_us < timer.at_us;
      timer.at_us = at_us;
      if (earlier) push(timer);
      return;
    }
  }
  insert({state, at_us, tag});
  push({state, at_us, tag});
}

void Timers::insert(const Timer& timer) {
  if (size_ + 1 > table_.size() / 4 * 3) resize(std::max(kFirstPlaces, table_.size() * 2));
  if (!several_) several_ = has_other(timer.state);
  table_[find(timer.state, timer.tag)] = timer;
  ++size_;
}

void Timers::erase(size_t hole) {
  // Shift later entries of the run back (Knuth, vol. 3, 6.4, algorithm R).
  const size_t mask = table_.size() - 1;
  for (size_t next = (hole + 1) & mask; table_[next].state != nullptr; next = (next + 1) & mask) {
    const size_t home = home_of(table_[next].state);
    if (((next - home) & mask) >= ((next - hole) & mask)) {
      table_[hole] = table_[next];
      hole = next;
    }
  }
  table_[hole] = {};
  --size_;
  if (table_.size() > kFirstPlaces * 64 && size_ < table_.size() / 8) resize(table_.size() / 2);
}

void Timers::resize(size_t places) {
  std::vector<Timer> old = std::exchange(table_, std::vector<Timer>(places));
  for (const Timer& timer : old) {
    if (timer.state != nullptr) table_[find(timer.state, timer.tag)] = timer;
  }
}

void Timers::clear(void* state, uint64_t tag) {
  if (table_.empty()) return;
  const size_t place = find(state, tag);
  if (table_[place].state != nullptr) erase(place);
  forget_if_empty();
}

void Timers::clear_all(void* state) {
  if (table_.empty()) return;
  size_t place = home_of(state);
  while (table_[place].state != nullptr) {
    if (table_[place].state != state) {
      place = (place + 1) & (table_.size() - 1);
      continue;
    }
    erase(place);
    place = home_of(state);  // the table may be another one
  }
  forget_if_empty();
}

void Timers::append_to(std::vector<Set>& sets, const void* state) const {
  if (table_.empty()) return;
  const size_t mask = table_.size() - 1;
  for (size_t place = home_of(state); table_[place].state != nullptr; place = (place + 1) & mask) {
    if (table_[place].state == state) sets.push_back({table_[place].tag, table_[place].at_us});
  }
}

void Timers::push(const Timer& timer) {
  if (entries_ >= 2 * size_ + kStale) {
    rebuild();  // from the table, which holds this one
    return;
  }
  const size_t b = bucket_of(timer.at_us, last_);
  std::vector<Timer>& bucket = buckets_[b];
  least_[b] = bucket.empty() ? timer.at_us : std::min(least_[b], timer.at_us);
  if (b == 0 && !bucket.empty()) sorted_ &= timer.at_us <= bucket.back().at_us;
  bucket.push_back(timer);
  ++entries_;
}

std::optional<Timers::Timer> Timers::live(const Timer& entry) const {
  if (table_.empty()) return std::nullopt;
  const Timer& timer = table_[find(entry.state, entry.tag)];
  // One that was moved to an earlier time has another entry.
  if (timer.state == nullptr || timer.at_us < entry.at_us) return std::nullopt;
  return timer;
}

size_t Timers::first_bucket() const {
  size_t b = 0;
  while (b < kBuckets && buckets_[b].empty()) ++b;
  return b;
}

std::optional<int64_t> Timers::next() const {
  if (size_ == 0) return std::nullopt;
  return least_[first_bucket()];
}

bool Timers::spread(size_t b, int64_t now_us) {
  std::vector<Timer> entries = std::exchange(buckets_[b], {});
  entries_ -= entries.size();
  // One that was moved may belong behind what other buckets hold, so it says nothing of the least.
  bool moved = false, unmoved = false;
  int64_t least = INT64_MAX;
  size_t kept = 0;
  for (const Timer& entry : entries) {
    const auto timer = live(entry);
    if (!timer) continue;
    if (timer->at_us == entry.at_us) {
      unmoved = true;
      least = std::min(least, entry.at_us);
    } else {
      moved = true;
    }
    entries[kept++] = *timer;
  }
  entries.resize(kept);
  // Never beyond now: what is set between now and the least must not count as due.
  const bool due = unmoved && least <= now_us;
  if (due) last_ = std::max(last_, least);
  for (const Timer& timer : entries) push(timer);
  return due || moved || kept == 0;
}

void Timers::take_due(int64_t now_us, size_t most, std::vector<Due>& due) {
  const size_t first = due.size();
  while (most != 0 && size_ != 0) {
    const size_t b = first_bucket();
    if (b == kBuckets || least_[b] > now_us) return;
    if (b != 0) {
      if (!spread(b, now_us)) return;
      continue;
    }
    std::vector<Timer>& bucket = buckets_[0];
    if (!sorted_) {
      std::stable_sort(bucket.begin(), bucket.end(),
                       [](const Timer& x, const Timer& y) { return x.at_us > y.at_us; });
      sorted_ = true;
    }
    while (most != 0 && !bucket.empty()) {
      const Timer entry = bucket.back();
      const auto timer = live(entry);
      if (timer && timer->at_us == entry.at_us) {
        least_[0] = entry.at_us;
        if (entry.at_us > now_us) return;  // the clock went back
        const auto taken = [&](const Due& d) { return d.state == entry.state; };
        if (several_ &&
            std::any_of(due.begin() + static_cast<std::ptrdiff_t>(first), due.end(), taken)) {
          return;
        }
        erase(find(entry.state, entry.tag));
        due.push_back({entry.state, entry.at_us, entry.tag});
        --most;
      }
      bucket.pop_back();
      --entries_;
      if (timer && timer->at_us != entry.at_us) {
        push(*timer);  // it was moved to a later time
        if (!sorted_) break;
      }
    }
    if (bucket.empty()) {
      give_back(bucket);
      sorted_ = true;
    } else {
      least_[0] = std::min(bucket.front().at_us, bucket.back().at_us);
    }
  }
  forget_if_empty();
}

void Timers::forget_if_empty() {
  if (size_ == 0 && memory() > kKeptBytes) *this = Timers();
}

void Timers::rebuild() {
  for (auto& bucket : buckets_) give_back(bucket);
  entries_ = 0;
  sorted_ = true;
  for (const Timer& timer : table_) {
    if (timer.state != nullptr) push(timer);
  }
}

size_t Timers::memory() const {
  size_t places = table_.capacity();
  for (const auto& bucket : buckets_) places += bucket.capacity();
  return places * sizeof(Timer);
}

}  // namespace streamhost
