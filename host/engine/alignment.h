// Keeps the partitions of sources abreast in event time.
//
// What is read far ahead of the slowest partition cannot be completed: it stands in open windows,
// and costs memory and time. Left alone, partitions drift apart without end, because the worker
// that is ahead gives the one behind more to do. So a partition that has put out kAhead records
// past the event time that the slowest one has reached is not polled until that has come so far.
// Only partitions that have records to give count as slow: none waits for one that has nothing.
//
// Nobody waits for ever: the least of those that count is itself never ahead, and whatever holds it
// back goes on without those that wait.
//
// After watermark alignment in Apache Flink (FLIP-182), with a bound in records in place of one in
// time, so that it need not be set.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "engine/watermark.h"
#include "exchange/channel.h"

namespace streamhost {

// The sources of one group of a job, on all workers. Of those of other processes it knows the
// least, which they tell now and then: what is known of them may be a little behind, never ahead.
class Alignment {
 public:
  // `tell`: has least_here() told to other processes; null when there are none. [a worker]
  Alignment(ExchangeHub& hub, uint32_t sources, std::function<void()> tell = nullptr);

  // Of source `source` (its number in the group) on `worker`: the least event time of its
  // partitions that have records to give, kNoWatermark if one was never asked, INT64_MAX if there
  // are none. Wakes the workers that waited for it. [that worker]
  void reached(uint32_t source, uint32_t worker, int64_t least_us);
  // The least of all of these. [any thread]
  int64_t least() const;
  // The least of this process. [any thread]
  int64_t least_here() const;
  // What another process has told. Wakes the workers that waited for it. [one thread]
  void reached_elsewhere(uint32_t process, int64_t least_us);
  // Has the worker woken when least() has come to `us`; INT64_MAX: no more. False if it is there
  // already. [that worker]
  bool wait_for(uint32_t source, uint32_t worker, int64_t us);

 private:
  struct alignas(64) Member {
    std::atomic<int64_t> least_us{kNoWatermark};
    std::atomic<int64_t> wanted_us{INT64_MAX};
  };
  Member& member(uint32_t source, uint32_t worker) {
    return members_[source * hub_.topology.local() + hub_.topology.local_index(worker)];
  }
  void wake_waiting();
  // Tells the others what they do not know; unless `now`, no sooner than a while after the last
  // time.
  void tell(bool now);

  ExchangeHub& hub_;
  std::vector<Member> members_;
  std::vector<std::atomic<int64_t>> elsewhere_us_;  // by process
  const std::function<void()> tell_;
  std::atomic<int64_t> told_us_{kNoWatermark};
  std::atomic<int64_t> told_at_us_{0};  // steady clock
};

// How far one partition is ahead. [worker]
class Pace {
 public:
  static constexpr uint64_t kAhead = 128 << 10;  // records

  void put_out(uint64_t records) { since_mark_ += records; }
  // Whether the partition, which has reached `us`, must wait until the slowest one has come to
  // *until_us.
  bool ahead(const Alignment& alignment, int64_t us, int64_t* until_us) {
    if (since_mark_ < kAhead) return false;
    if (alignment.least() < mark_us_) {
      *until_us = mark_us_;
      return true;
    }
    mark_us_ = us;
    since_mark_ = 0;
    return false;
  }

 private:
  int64_t mark_us_ = kNoWatermark;
  uint64_t since_mark_ = 0;  // records put out since it was at mark_us_
};

}  // namespace streamhost
