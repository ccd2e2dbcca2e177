// The epochs of a running job: when the next barrier is due, and how far all workers have come with
// the one in flight. One epoch is in flight at a time, through these stages:
//
//   asked      sources put its barrier out as soon as they see it
//   sealed     every worker has prepared its sinks and handed in its rows: nobody takes it back
//   durable    the store has it (at once, where there is no store): sinks commit
//   committed  every worker's sinks have; the next one may be asked for
//
// The last epoch is asked for when the sources of all workers have ended.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace streamhost {

class Epochs {
 public:
  static constexpr int64_t kOnlyTheLast = -1;

  // Called outside of locks, on whichever thread brought it about.
  struct Hooks {
    // Something has changed that workers look at.
    std::function<void()> changed;
    // All of an epoch is handed in; `cleared`: steps of which no older state remains. Whoever gets
    // this calls set_durable() later. Null: it is durable at once.
    std::function<void(uint64_t epoch, std::vector<uint32_t> cleared)> sealed;
  };
  // The first epoch is `first`. A barrier every `interval_us`, or only the last one.
  Epochs(uint32_t workers, uint64_t first, int64_t interval_us, Hooks hooks);

  // -- What workers look at. [any thread]
  uint64_t first() const { return first_; }
  uint64_t asked() const { return asked_.load(std::memory_order_seq_cst); }
  uint64_t sealed() const { return sealed_.load(std::memory_order_seq_cst); }
  uint64_t durable() const { return durable_.load(std::memory_order_seq_cst); }
  uint64_t committed() const { return committed_.load(std::memory_order_seq_cst); }
  // True once asked() is the last epoch.
  bool last() const { return last_.load(std::memory_order_seq_cst); }
  // True once the last epoch is committed.
  bool over() const { return last() && committed() == asked(); }

  // -- What they report; each worker once per epoch, or once. [any thread]
  void start(int64_t steady_us);
  // Asks for the first epoch at once. Before any worker runs.
  void ask_now() { ask(false); }
  void sources_ended();
  // Its sinks are prepared and its rows handed in.
  void saved(const std::vector<uint32_t>& cleared);
  void committed_here();
  void set_durable(uint64_t epoch);
  // The job fails: nothing is sealed from here on. True when the epoch in flight was: it stands.
  bool give_up();

  // Asks for the next epoch if it is time.
  void tick(int64_t steady_us);
  // When tick() has something to do next; INT64_MAX: not before something else happens.
  int64_t due_us() const { return due_us_.load(std::memory_order_relaxed); }

 private:
  bool ask(bool last);
  void plan();

  const uint32_t workers_;
  const uint64_t first_;
  const int64_t interval_us_;
  const Hooks hooks_;
  std::atomic<uint64_t> asked_, sealed_, durable_, committed_;
  std::atomic<bool> last_{false};
  std::atomic<int64_t> due_us_{INT64_MAX};
  std::mutex mutex_;
  uint32_t ended_ = 0, saved_ = 0, committing_ = 0;  // workers
  std::vector<uint32_t> cleared_;
  int64_t last_barrier_us_ = 0;
  bool given_up_ = false;
};

}  // namespace streamhost
