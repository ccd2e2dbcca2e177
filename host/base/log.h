// The host's log: lines on stderr, written by spdlog. Owned by the command line, passed down.
#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>

#include "base/status.h"

namespace streamhost {

using Log = std::shared_ptr<spdlog::logger>;

// A logger to stderr. `level`: trace, debug, info, warn, error, off. `format`: text, or json (one
// object per line: time, level, message). Safe from any thread.
Result<Log> make_log(const std::string& level, const std::string& format);

}  // namespace streamhost
