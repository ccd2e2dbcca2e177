// The keyed operator `testing.keyed_fault`: counts the records of each key, and fails where a test
// wants it to. See README.md.
#pragma once

#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>

#include "fault.h"

namespace testing_plugin {

// A state is the count; it is saved in decimal.
class KeyedFault {
 public:
  using State = int64_t;
  KeyedFault(const streamhost::Context& ctx, const streamhost::Config& config);

  void process(const streamhost::Batch& in, streamhost::States<State> states, streamhost::Out& out);
  // The host is about to make, save, restore or drop the state of `key`: strikes if the fault is
  // there and due.
  void pass(std::string_view call, std::string_view key);

 private:
  bool due(std::string_view call, std::string_view key);

  streamhost::Context ctx_;
  std::string in_;                  // the call that the fault is in
  std::optional<std::string> key_;  // only this key's calls count
  bool armed_;                      // there is a fault
  Fault fault_;
};

streamhost::Component keyed_fault();

}  // namespace testing_plugin
