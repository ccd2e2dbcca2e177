// Says what may happen thousands of times a second as often as a person wants to read it: each kind
// once, then at most every ten seconds, with how many more there were meanwhile.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "base/log.h"

namespace streamhost::cluster {

class QuietLog {
 public:
  using Clock = std::chrono::steady_clock;

  explicit QuietLog(Log log) : log_(std::move(log)) {}

  // `where` it has happened this time ("10.0.0.7:41234"), and `what`, which makes the kind. There
  // are so many kinds at most; the rest is said as one.
  void warn(const std::string& where, const std::string& what,
            Clock::time_point now = Clock::now());

  // Says what is due. To be called every second or so.
  void tick(Clock::time_point now = Clock::now());

 private:
  static constexpr auto kPause = std::chrono::seconds(10);
  static constexpr size_t kMostKinds = 16;

  struct Kind {
    Clock::time_point said{};
    uint64_t unsaid = 0;
    std::string last_where;
  };

  const Log log_;
  std::map<std::string, Kind> kinds_;
};

}  // namespace streamhost::cluster
