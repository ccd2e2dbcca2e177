// The receiving end of an exchange on one worker.
#pragma once

#include <vector>

#include "engine/keyed_node.h"
#include "engine/receiver.h"
#include "exchange/channel.h"

namespace streamhost {

// [worker] throughout. Functions that return a bool say false when the job is stopping.
class Inbox {
 public:
  // What arrives goes to `target`; partial states to `partials`, which may be null.
  Inbox(Channel& channel, uint32_t worker, Receiver& target, KeyedNode* partials);

  // Once the graph is complete.
  void open();
  // Handles some blocks of every lane, as long as nothing downstream is held back.
  [[nodiscard]] bool run(bool* progress);
  bool ended() const { return ended_lanes_ == channel_.workers(); }

 private:
  bool handle(Block& block);
  bool blocked() const;

  Channel& channel_;
  const uint32_t worker_;
  Receiver& target_;
  KeyedNode* const partials_;
  std::vector<const Gate*> gates_;
  uint32_t ended_lanes_ = 0;
  bool drained_ = false;
};

}  // namespace streamhost
