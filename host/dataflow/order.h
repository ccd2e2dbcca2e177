// The order in which steps can be set up: each after all those it reads from.
#pragma once

#include <cstdint>
#include <vector>

namespace streamhost {

struct StepOrder {
  // Every step once, unless there are cycles: then those in or behind a cycle are missing.
  std::vector<uint32_t> sequence;
  // Each cycle as the way the records go: the records of cycle[i] go to cycle[i + 1], those of the
  // last to the first, which is the smallest. Cycles that share a step are reported one at a time.
  std::vector<std::vector<uint32_t>> cycles;
};

// `upstream[i]`: the steps that step i reads from, possibly repeated. Where the arrows leave a
// choice, steps without upstreams come first, and then smaller numbers.
StepOrder order_steps(const std::vector<std::vector<uint32_t>>& upstream);

}  // namespace streamhost
