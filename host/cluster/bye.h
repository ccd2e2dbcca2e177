// The last frame of a member: why it leaves (bye.proto).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace streamhost::cluster {

struct Bye {
  Status why;  // ok: its part of the job is done; kLost: the attempt is over; else the job is
  uint32_t origin = 0;  // the process where that was seen first
};

// The body of a kBye frame. Of kStopped others only learn that the process is gone: it is sent as
// kLost.
std::string write_bye(const Bye& bye);

// Empty when this is none. The text is printable, and at most kMaxReason bytes long.
std::optional<Bye> read_bye(std::string_view body);

}  // namespace streamhost::cluster
