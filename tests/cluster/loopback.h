// A network on this machine's loopback, with relays between the processes or without.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <utility>

#include "cluster/network.h"
#include "cluster/relays.h"

namespace streamhost::cluster_test {

// Each has a 127.x.y.z of its own, made of the process id, and ports below those that the system
// gives away; so whatever runs at the same time does not meet it.
class Loopback final : public Network {
 public:
  // Without relays what is done to the network does nothing: has_relays().
  explicit Loopback(size_t size, bool relays = true);

  size_t size() const override { return size_; }
  std::vector<std::string> addresses(size_t self, size_t count) const override;
  std::vector<std::string> prefix(size_t) const override { return {}; }
  void cut(size_t a, size_t b) override;
  void cut_off(size_t process) override;
  void mend() override;

  bool has_relays() const { return relays_ != nullptr; }
  // What `from` says does not reach `to`, but the other way round it does.
  void cut_one_way(size_t from, size_t to);
  // All that is said takes so much longer.
  void delay(std::chrono::microseconds by);
  // Both are told that their connection is gone.
  void reset(size_t a, size_t b);

  // "127.x.y.z:PORT" where a process listens.
  std::string address(size_t process) const;
  const std::string& ip() const { return ip_; }
  uint16_t port(size_t process) const { return static_cast<uint16_t>(first_port_ + process); }

 private:
  const size_t size_;
  const std::string ip_;
  const uint16_t first_port_;
  std::unique_ptr<Relays> relays_;
  std::map<std::pair<size_t, size_t>, size_t> between_;  // (greater, smaller id), the relay
};

}  // namespace streamhost::cluster_test
