// Which processes can read and write which partitions of a step, and who does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "exchange/topology.h"

namespace streamhost {

struct Reached {
  struct Partition {
    std::string name;
    std::vector<uint32_t> processes;  // that can, in order
  };
  std::vector<Partition> partitions;  // of all processes, in the order in which they name them
  bool alike = true;                  // all processes name the same ones in the same order
};

// What the processes say of one step, by process. A partition is known by its name: what two
// processes call the same is the same.
Reached merge_reach(const std::vector<std::vector<std::string>>& names);

// The worker of partition `index`: dealt in turn, beginning with worker `shift`, to the workers of
// the processes that can reach it.
uint32_t deal(const Reached::Partition& partition, size_t index, size_t shift,
              const Topology& topology);

}  // namespace streamhost
