// The operator `testing.fault`: passes records on until it is told to fail. See README.md.
#pragma once

#include <optional>
#include <streamhost/sdk.hpp>
#include <string>

#include "fault.h"

namespace testing_plugin {

// The methods are those of an operator in sdk/operator.hpp.
class FaultOperator {
 public:
  FaultOperator(const streamhost::Context& ctx, const streamhost::Config& config);
  void process(const streamhost::Batch& in, streamhost::Out& out);

 private:
  streamhost::Context ctx_;
  std::optional<std::string> value_;  // only records with this value count
  Fault fault_;
};

streamhost::Component fault_operator();

}  // namespace testing_plugin
