// The option `clock` of keyed steps that go by event time.
#pragma once

#include <streamhost/sdk.hpp>

namespace plugin_common {

// The watermark of the step, one of each key (see KeyClock in event_time.h), or the wall clock. The
// numbers stand in saved states.
enum class ClockKind : uint8_t { kStream = 0, kKey = 1, kSystem = 2 };

struct ClockChoice {
  ClockKind kind = ClockKind::kStream;
  int64_t wait_us = 0;  // of a clock per key

  // Reads and checks the option; throws config_error, also when the clock is the stream's and no
  // watermark comes to the step.
  static ClockChoice of(const streamhost::Context& ctx, const streamhost::Config& config);
};

// The option, a table; the clock of the stream when it is not given.
streamhost::Option clock_option(const char* help);
// As a manifest says it.
const char* text_of(ClockKind kind);

}  // namespace plugin_common
