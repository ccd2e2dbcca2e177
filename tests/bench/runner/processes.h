// One job on several processes of this machine, each with one worker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "idle.h"

namespace bench {

class Processes {
 public:
  // Starts them; each one's standard error goes to scratch/NAME.ID.err. Throws std::runtime_error
  // when one cannot be started.
  Processes(const HostCommand& host, const std::string& name, const std::string& manifest,
            unsigned count);
  ~Processes();
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  pid_t pid(unsigned id) const { return children_[id]->pid(); }
  // Throws when one of them has ended.
  void expect_alive() const;
  // Waits for the end of all, and gives what each has used; throws when one has failed.
  std::vector<Usage> wait();

 private:
  const HostCommand& host_;
  const std::string name_;
  std::vector<int> ports_;  // sockets that keep others from the ports
  std::vector<std::unique_ptr<Child>> children_;

  std::string errors(size_t id) const;
};

}  // namespace bench
