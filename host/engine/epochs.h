// The epochs of a running job: when the next barrier is due, and how far all workers have come with
// the one in flight. One epoch is in flight at a time, through these stages:
//
//   asked      sources put its barrier out as soon as they see it
//   sealed     every worker has prepared its sinks and handed in its rows: nobody takes it back
//   durable    the store has it (at once, where there is no store): sinks commit
//   committed  every worker's sinks have; the next one may be asked for
//
// The last epoch is asked for when the sources of all workers have ended.
//
// In a cluster each process tells all others how far its own workers and its own part of the store
// have come, and each finds out for itself when all have come so far. Only when a barrier is due is
// said by one, process 0: it knows nothing that the others do not, and when any process is lost all
// begin anew, so there is no role that could get lost with it. What different processes tell may
// come in any order; what one tells comes in the order of the stages.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace streamhost {

// What one process tells the others of an epoch.
struct EpochNews {
  enum class Stage : uint8_t { kEnded, kAsked, kSaved, kDurable, kCommitted, kWanted };
  Stage stage = Stage::kEnded;    // kEnded: of its sources, whatever the epoch
  uint64_t epoch = 0;             // kWanted: the one whose barrier should come before its time
  bool last = false;              // kAsked
  std::vector<uint32_t> cleared;  // kSaved
};

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
    // An epoch is durable everywhere. Null: nobody wants to know.
    std::function<void(uint64_t epoch)> durable = nullptr;
    // Tells all other processes. Null: there are none.
    std::function<void(const EpochNews&)> tell = nullptr;
  };
  // Which process of how many this is.
  struct Place {
    uint32_t self = 0, processes = 1;
  };
  // `workers`: of this process. The first epoch is `first`. A barrier every `interval_us`, or only
  // the last one.
  Epochs(uint32_t workers, uint64_t first, int64_t interval_us, Hooks hooks, Place place);
  Epochs(uint32_t workers, uint64_t first, int64_t interval_us, Hooks hooks)
      : Epochs(workers, first, interval_us, std::move(hooks), Place()) {}

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
  // Asks for the first epoch at once. Before any worker runs, and when all processes have come so
  // far that they can be told.
  void ask_now();
  // A step wants the next barrier as soon as none is in flight, in whatever process it runs.
  void request();
  void sources_ended();
  // Its sinks are prepared and its rows handed in.
  void saved(const std::vector<uint32_t>& cleared);
  void committed_here();
  // This process's part of the store has it.
  void set_durable(uint64_t epoch);
  // What another process tells. [one thread]
  void heard(const EpochNews& news);
  // What becomes of the epoch in flight when the job ends badly.
  enum class Fate {
    kVoid,     // it will never be whole
    kUnknown,  // other processes may have sealed it, since they know that this one has saved it
    kStands,   // it is sealed
  };
  // The job fails: this process seals and saves nothing from here on.
  Fate give_up();

  // Asks for the next epoch if it is time.
  void tick(int64_t steady_us);
  // When tick() has something to do next; INT64_MAX: not before something else happens.
  int64_t due_us() const { return due_us_.load(std::memory_order_relaxed); }

 private:
  // How many processes have come how far with an epoch. What was heard of one may be ahead of what
  // was heard of another, but never by more than an epoch.
  struct Flight {
    uint32_t saved = 0, durable = 0, committed = 0;
    std::vector<uint32_t> cleared;
  };

  // These hold the lock.
  bool ask(bool last);
  void set_asked(uint64_t epoch, bool last);
  void plan();
  bool all(uint32_t count) const { return count == place_.processes; }
  // All workers of a process have saved it. True when all processes have: `*all_cleared` is filled.
  bool process_saved(uint64_t epoch, const std::vector<uint32_t>& cleared,
                     std::vector<uint32_t>* all_cleared);
  bool process_committed(uint64_t epoch);
  void process_ended();
  // These do not.
  void seal(uint64_t epoch, std::vector<uint32_t> cleared);
  void set_durable_everywhere(uint64_t epoch);
  void tell(const EpochNews& news) const;
  // What was asked for and not told yet; true when there was something.
  bool tell_asked();

  const uint32_t workers_;
  const uint64_t first_;
  const int64_t interval_us_;
  const Hooks hooks_;
  const Place place_;
  std::atomic<uint64_t> asked_, sealed_, durable_, committed_;
  std::atomic<bool> last_{false};
  std::atomic<int64_t> due_us_{INT64_MAX};
  std::mutex mutex_;
  uint32_t ended_ = 0, saved_ = 0, committing_ = 0;  // workers
  uint32_t ended_processes_ = 0;
  std::map<uint64_t, Flight> flights_;
  std::vector<uint32_t> cleared_;       // by workers of this process
  std::optional<EpochNews> asked_now_;  // to be told
  int64_t last_barrier_us_ = 0;
  uint64_t saved_epoch_ = 0;  // the last one that all workers of this process have saved
  bool given_up_ = false;
  uint64_t wanted_ = 0;  // the epoch that request() asked for last
};

}  // namespace streamhost
