// The receiving end of an exchange on one worker.
#pragma once

#include <vector>

#include "engine/keyed_node.h"
#include "engine/receiver.h"
#include "exchange/channel.h"

namespace streamhost {

class Route;

// [worker] throughout. Functions that return a bool say false when the job is stopping.
class Inbox {
 public:
  // What arrives goes to `target`; partial states to `partials`, which may be null. `route` is the
  // sending end on this worker.
  Inbox(Channel& channel, uint32_t worker, Route& route, Receiver& target, KeyedNode* partials,
        WorkerScope& scope);

  // Once the graph is complete.
  void open();
  // Handles some blocks of every lane, as long as nothing downstream is held back. A lane by which
  // the barrier has come is left alone until it has come by all.
  [[nodiscard]] bool run(int64_t now_us, bool* progress);

  // The lanes, for a step that makes its watermark behind the exchange.
  std::vector<Origin>& lanes() { return lanes_; }

 private:
  bool take_watermark(uint32_t from, int64_t us);
  bool handle(Block& block, uint32_t from);
  bool deliver(Block& block, uint32_t from);
  bool take_over_own(bool* progress);
  bool blocked() const;

  Channel& channel_;
  const uint32_t worker_;
  Route& route_;
  Receiver& target_;
  KeyedNode* const partials_;
  WorkerScope& scope_;
  std::vector<const Gate*> gates_;
  Arrow& arrow_;  // the only one of `target`: what stays here comes through the route's own hands
  std::vector<bool> passed_;  // by lane: the barrier has come
  uint32_t passed_lanes_ = 0;
  std::vector<Origin> lanes_;        // as where records come from
  std::vector<int64_t> watermarks_;  // by lane
  int64_t largest_ = kNoWatermark;   // of those that are times
  uint32_t ended_lanes_ = 0;
  bool drained_ = false;
};

}  // namespace streamhost
