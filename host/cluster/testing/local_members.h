// Members of a cluster that is all in one process, without sockets: for tests of what runs on top.
// A frame has left when it is in its receiver's queue.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cluster/members.h"

namespace streamhost::cluster::testing {

// What the processes of one attempt share.
class MemoryCluster {
 public:
  // `workers`: of each process.
  explicit MemoryCluster(std::vector<uint32_t> workers);
  ~MemoryCluster();

  Members& members(uint32_t process);
  // As if this process had died: the others lose it. [any thread]
  void lose(uint32_t process);

 private:
  struct Sent {
    uint32_t from;
    std::string bytes;
  };
  class Member;

  void end(uint32_t process, const Status& why);

  const std::vector<uint32_t> workers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace streamhost::cluster::testing
