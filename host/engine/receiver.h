// Where a batch goes next on its worker: an operator, a sink, or the way to other workers.
#pragma once

#include <streamhost/abi.h>

#include <vector>

namespace streamhost {

// Something that can be unable to take more for a while. What feeds it must then not run.
class Gate {
 public:
  virtual ~Gate() = default;
  virtual bool blocked() const = 0;
};

// True when one of these is.
inline bool any_blocked(const std::vector<const Gate*>& gates) {
  for (const Gate* gate : gates) {
    if (gate->blocked()) return true;
  }
  return false;
}

// All of it runs on the worker's thread. Each function that returns a bool says false when the job
// is stopping: the caller returns at once, somebody has already said why.
class Receiver {
 public:
  virtual ~Receiver() = default;

  // Handles a batch and everything downstream of it. The records lie in memory of the engine, which
  // may note a key's hash in them; nothing else of them changes.
  [[nodiscard]] virtual bool receive(const sh_batch& batch) = 0;

  // One of its upstreams has ended; when all have, it ends what is downstream. `drained`: the input
  // was cut off and may go on in a later run.
  [[nodiscard]] virtual bool end(bool drained) = 0;

  // Adds what can hold this receiver back, here and downstream up to the next exchange.
  virtual void add_gates(std::vector<const Gate*>& gates) const = 0;

  // Says that one more upstream will call end(). While the graph is built.
  void expect_end() { ++expected_ends_; }

 protected:
  // Counts an end; true when it was the last one.
  bool last_end(bool drained) {
    drained_ = drained_ || drained;
    return --expected_ends_ == 0;
  }
  bool drained() const { return drained_; }

 private:
  int expected_ends_ = 0;
  bool drained_ = false;
};

// An arrow of the graph: a receiver, and the input of it that the records go to.
struct Target {
  Receiver* receiver = nullptr;
  uint32_t port = 0;
};

}  // namespace streamhost
