// A network of Linux network namespaces: one for each process with an address of 10.99.0.x, and one
// with the bridge that their cables are plugged into. Nothing of it can be seen from outside.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/network.h"

namespace streamhost::cluster_test {

class Namespaces final : public Network {
 public:
  // Why namespaces cannot be made here; empty when they can.
  static std::optional<std::string> missing();

  // Throws std::runtime_error when something cannot be made.
  explicit Namespaces(size_t size);
  // Removes everything. The processes in it should have ended.
  ~Namespaces() override;
  Namespaces(const Namespaces&) = delete;
  Namespaces& operator=(const Namespaces&) = delete;

  size_t size() const override { return size_; }
  std::vector<std::string> addresses(size_t self, size_t count) const override;
  std::vector<std::string> prefix(size_t self) const override;
  // At the bridge. At most one pair at a time.
  void cut(size_t a, size_t b) override;
  // Pulls the cable.
  void cut_off(size_t process) override;
  void mend() override;

  // Undo these two alone. A kernel may take a second to see that a cable is in again.
  void uncut(size_t a, size_t b);
  void plug_in(size_t process);
  // What `from` sends to `to` goes nowhere, but not the other way round.
  void cut_one_way(size_t from, size_t to);
  // So many bits a second, and no more, get through the cable to a process: "2mbit".
  void narrow(size_t process, const std::string& rate);
  // Every packet takes longer and some are lost; false when this kernel cannot.
  bool delay_and_lose(size_t process, const std::string& by, const std::string& lost);

 private:
  std::string ip(size_t process) const { return "10.99.0." + std::to_string(process + 1); }
  std::string space(size_t process) const;
  std::string hub() const;
  static std::string port(size_t process) { return "port" + std::to_string(process); }
  void isolate(size_t process, bool yes);
  void remove();

  const size_t size_;
  const std::string name_;  // all its namespaces begin with it
};

}  // namespace streamhost::cluster_test
