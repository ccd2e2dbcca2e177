// Where a batch goes next on its worker: an operator, a sink, or the way to other workers.
//
// Barriers. An epoch ends at a step when its barrier has come by every arrow that leads there. An
// arrow by which it has come is a gate that stays shut until it has come by the others: what feeds
// it has to wait, for its records belong to the next epoch. On one worker all sources put their
// barriers out at the same moment, so only what lies behind an exchange can make others wait.
#pragma once

#include <streamhost/abi.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "engine/watermark.h"

namespace streamhost {

// Something that can be unable to take more for a while. What feeds it must then not run.
class Gate {
 public:
  virtual ~Gate() = default;
  virtual bool blocked() const = 0;
};

// True when one of these is.
inline bool any_blocked(const std::vector<const Gate*>& gates) {
  for (const Gate* gate : gates) {
    if (gate->blocked()) return true;
  }
  return false;
}

// The end of one arrow of the graph: shut while the barrier has come by it, but not by all.
class Arrow final : public Gate {
 public:
  bool blocked() const override { return passed_; }

 private:
  friend class Receiver;
  bool passed_ = false;
  int64_t watermark_ = kNoWatermark;
};

// All of it runs on the worker's thread. Each function that returns a bool says false when the job
// is stopping: the caller returns at once, somebody has already said why.
class Receiver {
 public:
  virtual ~Receiver() = default;

  // Handles a batch and everything downstream of it. The records lie in memory of the engine, which
  // may note a key's hash in them; nothing else of them changes.
  [[nodiscard]] virtual bool receive(const sh_batch& batch) = 0;

  // One of its upstreams has ended; when all have, it ends what is downstream. `drained`: the input
  // was cut off and may go on in a later run. Barriers still come.
  [[nodiscard]] virtual bool end(bool drained) = 0;

  // The barrier that ends `epoch` has come by one arrow.
  [[nodiscard]] bool barrier(Arrow& arrow, uint64_t epoch) {
    arrow.passed_ = true;
    if (++passed_ != arrows_.size()) return true;
    for (Arrow& each : arrows_) each.passed_ = false;
    passed_ = 0;
    return aligned(epoch);
  }

  // The watermark of what comes by one arrow; behind the records it tells about. See watermark.h.
  [[nodiscard]] bool watermark(Arrow& arrow, int64_t us) {
    arrow.watermark_ = us;
    int64_t least = us;
    for (const Arrow& each : arrows_) least = std::min(least, each.watermark_);
    if (us < kIdleWatermark) largest_ = std::max(largest_, us);
    if (least == least_) return true;
    least_ = least;
    // When nobody holds it back any more it has come as far as any has said.
    if (least == kIdleWatermark && largest_ != kNoWatermark && !watermark_moved(largest_)) {
      return false;
    }
    return watermark_moved(least);
  }

  // Adds what can hold this receiver back, here and downstream up to the next exchange.
  virtual void add_gates(std::vector<const Gate*>& gates) const = 0;

  // One more upstream, which will call end() once and barrier() for every epoch. The arrow lives as
  // long as the receiver. While the graph is built.
  Arrow& add_arrow() {
    ++expected_ends_;
    return arrows_.emplace_back();
  }
  // True when alone one arrow leads here, which then needs no gate.
  bool single() const { return arrows_.size() == 1; }

 protected:
  // Everything of `epoch` has been received: hands on what is held back, and the barrier.
  [[nodiscard]] virtual bool aligned(uint64_t epoch) = 0;

  // The least watermark of all arrows is another one now. It may be kIdleWatermark, and less again
  // afterwards.
  [[nodiscard]] virtual bool watermark_moved(int64_t us) = 0;

  // Counts an end; true when it was the last one.
  bool last_end(bool drained) {
    drained_ = drained_ || drained;
    return --expected_ends_ == 0;
  }
  bool drained() const { return drained_; }

 private:
  std::deque<Arrow> arrows_;
  size_t passed_ = 0;
  int64_t least_ = kNoWatermark;
  int64_t largest_ = kNoWatermark;  // of those that are times
  int expected_ends_ = 0;
  bool drained_ = false;
};

// An arrow of the graph: a receiver, and the input of it that the records go to.
struct Target {
  Receiver* receiver = nullptr;
  uint32_t port = 0;
  Arrow* arrow = nullptr;  // of the receiver; made by Out::connect
};

}  // namespace streamhost
