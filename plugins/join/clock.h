// The option `clock` of a join: what tells that nothing can match a record any more.
#pragma once

#include <streamhost/sdk.hpp>

#include "window/clock.h"

namespace streamhost::join {

enum class ClockKind : uint8_t { kStream = 0, kKey = 1, kSystem = 2 };

struct Clock {
  ClockKind kind = ClockKind::kStream;
  int64_t wait_us = 0;  // of a clock per key

  // Reads and checks the option; throws config_error, also when the clock is the stream's and no
  // watermark comes to the step.
  static Clock of(const Context& ctx, const Config& config);
};

// The option, a table; the clock of the stream when it is not given.
Option clock_option();
// As a manifest says it.
const char* text_of(ClockKind kind);

}  // namespace streamhost::join
