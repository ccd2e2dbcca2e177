// Faults on demand: what the options `do`, `at` and `once` of several components describe.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <vector>

#include "once.h"

namespace testing_plugin {

enum class Action { kFail, kBadRecord, kCrash, kAbort, kExit, kThrow, kHang, kAgain, kRetry };

// Nothing when there is no such word.
std::optional<Action> action_named(std::string_view name);

// Says when the fault is due, and brings it about. One instance of a component has one; all calls
// on its worker.
class Fault {
 public:
  // Reads `do`, `at` and `once`. `otherwise_at` stands when `at` is not given; 0: every time.
  Fault(const streamhost::Context& ctx, const streamhost::Config& config, uint64_t otherwise_at);

  Action action() const { return action_; }
  // Throws streamhost::Error (config), naming the option `in`, unless the action is one of these.
  void allow(std::initializer_list<Action> actions, const std::string& in) const;

  // Counts one event, and says whether the fault is due at it. kAgain is due at the next two events
  // as well, and kRetry at the next one: they are repetitions of the same call, and not counted.
  bool due();
  // Brings it about, at a place that messages call `where` ("in prepare"). Throws, or does not
  // return at all, but for kBadRecord and kAgain: what these mean is the caller's to do.
  void strike(const std::string& where) const;

 private:
  streamhost::Context ctx_;
  std::string name_;
  Action action_;
  uint64_t at_;
  uint64_t count_ = 0;
  uint32_t repeats_ = 0;
  Once once_;
};

// Appends the options `at`, `do` (with `actions` to choose from, and what they are) and `once`.
void add_fault_options(std::vector<streamhost::Option>& to, const char* at_help,
                       const char* do_help, std::initializer_list<const char*> actions);

}  // namespace testing_plugin
