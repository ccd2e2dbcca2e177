// Components for tests of what comes up while a job runs: a source whose partitions do, and a sink
// that asks for epochs; see components.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/testing/components.h"

namespace streamhost::testing {

// What a growing source reads, and what was asked of it in one run. A test changes it while the job
// runs, by the functions; all of them may be called on any thread.
class Growth {
 public:
  // Record i has the key of its partition's name, the value "<name>:<i>" and the event time
  // `time_us` + i.
  struct Part {
    uint64_t records = 10;
    int64_t time_us = 0;
    bool ends = true;  // behind them; otherwise it waits for more
  };
  struct Opened {
    std::string name;
    uint32_t worker;
    std::optional<std::string> position;
    bool resumed;  // what the host says of the job
  };

  // Before the job.
  std::vector<std::string> at_start;
  bool repeats = false;  // gives all names each time, and twice

  void set(const std::string& name, Part part);  // and wakes all
  void come_up(const std::vector<std::string>& names, bool no_more = false);
  void fail_added();
  std::vector<Opened> opened();
  uint64_t asked(uint32_t worker);  // how often it was asked for what came up

  // -- For the source.
  void add_waker(std::function<void()> wake);
  Part part(const std::string& name);
  void note_opened(Opened opened);
  // Appends what came up from the `*seen`th on; true: no more will. Throws when it is to fail.
  bool added(uint32_t worker, size_t* seen, std::vector<std::string>* names);

 private:
  void wake_all();

  std::mutex mutex_;
  std::map<std::string, Part> parts_;
  std::vector<std::string> came_up_;
  bool no_more_ = false, fails_ = false;
  std::vector<Opened> opened_;
  std::map<uint32_t, uint64_t> asked_;
  std::vector<std::function<void()>> wakers_;
};
// Positions are numbers of records.
const sh_component* growing_source(std::shared_ptr<Growth> growth);

// What a sink that asks for epochs made visible by committing it.
struct Asking {
  uint64_t holds = UINT64_MAX;  // records of an epoch that it holds before it asks for the next
  std::mutex mutex;
  std::map<std::string, std::vector<std::string>> staged;  // by handle
  std::function<bool()> ask;                               // on behalf of the step, on any thread
  std::atomic<uint64_t> written{0}, visible{0}, commits{0};
};
const sh_component* asking_sink(std::shared_ptr<Asking> asking);

// A sink whose instances settle what an earlier run left only when they were given all of it.
struct Together {
  uint32_t expects_first = 1;  // handles that worker 0 is to be given before any is settled
  bool by_waker = false;       // waits until it wakes itself rather than for a time
  std::atomic<bool> give_up{false};
  std::mutex mutex;
  std::map<uint32_t, std::vector<std::string>> calls;  // by worker: handles, before `open`
};
const sh_component* together_sink(std::shared_ptr<Together> together);

}  // namespace streamhost::testing
