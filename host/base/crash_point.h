// For tests of what a crash leaves behind: kills the process at a named point of its work.
//
//   STREAMHOST_TEST_CRASH=durable:3    the third time that the point "durable" is passed
#pragma once

#include <atomic>
#include <string>
#include <string_view>

namespace streamhost {

class CrashPoint {
 public:
  // `spec`: "NAME" or "NAME:N"; null or empty: never.
  explicit CrashPoint(const char* spec);

  // Sends SIGKILL to this process when it is time. Costs one branch otherwise. [any thread]
  void pass(std::string_view point) {
    if (!name_.empty()) [[unlikely]]
      pass_slow(point);
  }

 private:
  void pass_slow(std::string_view point);

  std::string name_;
  std::atomic<long> left_{1};
};

}  // namespace streamhost
