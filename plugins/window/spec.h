// What the options of a step say about its windows.
#pragma once

#include <streamhost/sdk.hpp>

#include <string>
#include <vector>

#include "common/clock_option.h"
#include "windower.h"

namespace streamhost::agg {
class Saving;
class Loading;
}  // namespace streamhost::agg

namespace streamhost::window {

enum class Kind : uint8_t { kTumbling = 0, kSliding = 1, kSession = 2 };
using Clock = plugin_common::ClockKind;

struct Spec {
  Kind kind = Kind::kTumbling;
  int64_t length_us = 1, offset_us = 1, align_us = 0;  // tumbling, sliding
  int64_t gap_us = 0;                                  // session
  Clock clock = Clock::kStream;
  int64_t wait_us = 0;  // of a clock per key
  int64_t lateness_us = 0;
  int64_t early_us = 0;  // 0: no partial results
  bool ordered = false;

  // Reads and checks the options; throws config_error. `ctx`: whether there is event time.
  static Spec of(const Context& ctx, const Config& config);

  Grid grid() const { return Grid(length_us, offset_us, align_us); }

  // What saved states depend on, at the begin of each. check_saved() throws state_error, which says
  // what was different, when other windows or another clock have saved it.
  void save(agg::Saving& to) const;
  void check_saved(agg::Loading& from) const;
};

// The options that all components have.
std::vector<Option> window_options();

}  // namespace streamhost::window
