// Where the processes of a cluster are, how they reach each other, and what can go wrong between
// them: on this machine's loopback (loopback.h) or in network namespaces (namespaces.h).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace streamhost::cluster_test {

// Not for several threads at once. What is done to it lasts until mend().
class Network {
 public:
  virtual ~Network() = default;

  // For how many processes there is a place.
  virtual size_t size() const = 0;
  // The addresses of processes 0 to `count` - 1, as process `self` has to call them.
  virtual std::vector<std::string> addresses(size_t self, size_t count) const = 0;
  // What stands before the command of a process, such as "ip netns exec NAME".
  virtual std::vector<std::string> prefix(size_t self) const = 0;

  // Nothing gets from one to the other, either way, and nobody is told.
  virtual void cut(size_t a, size_t b) = 0;
  // The same between one and all others.
  virtual void cut_off(size_t process) = 0;
  // As if nothing had been done. What was sent meanwhile arrives late or is sent again.
  virtual void mend() = 0;
};

}  // namespace streamhost::cluster_test
