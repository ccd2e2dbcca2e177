// What a step keeps of one key.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "pane.h"

namespace streamhost::window {

// A record that waits until the watermark has passed it.
struct Waiting {
  uint32_t port;
  bool has_value;
  std::string value;
};
// By event time; of equal ones the first that came is first.
using Queue = std::multimap<int64_t, Waiting>;

// Lies in the host's table. Its panes belong to the step, which drops them before it goes.
struct KeyState {
  bool empty() const { return panes.empty() && (queue == nullptr || queue->empty()); }

  // Records in this span, not before the watermark, belong to `current`, and nothing else need be
  // looked at. Empty when there is no such span.
  Span fast{0, 0};
  Pane* current = nullptr;
  PaneList panes;

  // Nothing is to be done before the watermark has come here; there may be nothing then either.
  int64_t due_us = kNever;
  // What the closing timer is set to, by the clock it goes by; kNever: it is not set.
  int64_t armed_us = kNever;
  // All windows that close here or before have been put out, and those that close later have not.
  int64_t emitted_us = kNoTime;

  plugin_common::KeyClock clock;  // with a clock per key
  std::unique_ptr<Queue> queue;   // with `ordered`, once there was something to wait
  bool early_set = false;         // the timer for partial results is set
  bool listed = false;            // to be looked at when the batch is through
};

}  // namespace streamhost::window
