// Which workers a job has, through all processes of its cluster, and which of them are here.
//
// Workers are numbered through all processes: those of process 0 first, then those of process 1,
// and so on. Everything that names a worker means this number.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace streamhost {

class Topology {
 public:
  // One process with so many workers.
  Topology(uint32_t workers) : Topology({workers}, 0) {}
  // Process `self` of several; `counts`: workers of each.
  Topology(const std::vector<uint32_t>& counts, uint32_t self) : self_(self) {
    for (const uint32_t count : counts) {
      first_.push_back(workers_);
      workers_ += count;
    }
    local_ = counts[self];
  }

  uint32_t self() const { return self_; }
  uint32_t processes() const { return static_cast<uint32_t>(first_.size()); }
  uint32_t workers() const { return workers_; }
  // Workers first() to first() + local() - 1 are here.
  uint32_t first() const { return first_[self_]; }
  uint32_t local() const { return local_; }
  bool is_local(uint32_t worker) const { return worker - first() < local_; }
  // Its place among those that are here.
  uint32_t local_index(uint32_t worker) const { return worker - first(); }
  uint32_t process_of(uint32_t worker) const {
    return static_cast<uint32_t>(std::upper_bound(first_.begin(), first_.end(), worker) -
                                 first_.begin() - 1);
  }
  // The worker of a process that has the least number.
  uint32_t first_of(uint32_t process) const { return first_[process]; }

 private:
  uint32_t self_;
  uint32_t workers_ = 0;
  uint32_t local_ = 0;
  std::vector<uint32_t> first_;  // by process
};

}  // namespace streamhost
