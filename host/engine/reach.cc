#include "engine/reach.h"

#include <map>

namespace streamhost {

Reached merge_reach(const std::vector<std::vector<std::string>>& names) {
  Reached reached;
  std::map<std::string, size_t> place;
  for (uint32_t process = 0; process < names.size(); ++process) {
    reached.alike = reached.alike && names[process] == names[0];
    for (const std::string& name : names[process]) {
      const auto [it, is_new] = place.emplace(name, reached.partitions.size());
      if (is_new) reached.partitions.push_back({name, {}});
      reached.partitions[it->second].processes.push_back(process);
    }
  }
  return reached;
}

uint32_t deal(const Reached::Partition& partition, size_t index, size_t shift,
              const Topology& topology) {
  std::vector<uint32_t> workers;
  for (const uint32_t process : partition.processes) {
    for (uint32_t w = topology.first_of(process); w < topology.workers(); ++w) {
      if (topology.process_of(w) != process) break;
      workers.push_back(w);
    }
  }
  return workers[(index + shift) % workers.size()];
}

}  // namespace streamhost
