// One worker: a thread that runs every step of the dataflow on its share of partitions and keys.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/context.h"
#include "engine/inbox.h"
#include "engine/keyed_node.h"
#include "engine/operator_node.h"
#include "engine/routes.h"
#include "engine/sink_node.h"
#include "engine/source_node.h"

namespace streamhost {

// What the workers of a job agree on for one step.
struct StepPlan {
  std::vector<std::vector<std::string>> source_partitions;  // of a source, by worker
  SinkLayout sink;
  std::unique_ptr<Channel> channel;  // how its input crosses workers; null: it does not
  bool combines = false;             // a keyed step that runs before its exchange as well
};

class Worker {
 public:
  Worker(Job& job, uint32_t index);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Makes the instance of each step; what is wrong goes to `diagnostics`, or to `failure` when it
  // is no mistake of the manifest. [control]
  void create(Diagnostics& diagnostics, Status& failure);
  void* instance(uint32_t step) const { return parts_[step].instance->self(); }
  StepContext& context(uint32_t step) { return *parts_[step].context; }

  // Builds the graph. [control]
  void build(const std::vector<StepPlan>& plans);

  // Runs it until all input has ended or the job stops. [its own thread]
  void run();

 private:
  // One step here. Members die in the opposite order, as each uses those above it.
  struct Parts {
    std::unique_ptr<StepContext> context;
    std::optional<Instance> instance;
    std::unique_ptr<OperatorNode> op;
    std::unique_ptr<KeyedNode> keyed;
    std::unique_ptr<SinkNode> sink;
    std::unique_ptr<SourceNode> source;
    std::unique_ptr<Route> route;  // in front of it
    std::unique_ptr<Inbox> inbox;  // behind the exchange
    Receiver* entry = nullptr;     // where upstreams put its records
  };
  void build_step(uint32_t step, const StepPlan& plan);
  bool open(const std::vector<StepPlan>& plans);
  bool resume(Snapshots& snapshots);
  std::vector<Origin*> origins_of(uint32_t step);
  void add_new_origins(const std::vector<Origin*>& added);
  bool loop();
  bool iterate(int64_t now_us, bool* progress);
  bool flush(bool* progress);
  // Takes part in the epoch in flight: barriers, what has been saved, and commits.
  bool go_on_epoch(int64_t steady_us, bool* progress);
  bool settled() const;
  void end_badly();
  bool memory_free();
  int64_t next_event_us() const;
  void rest(int64_t now_us);
  void wait_until(int64_t until_us, const WakeTarget& target);
  void report_progress();

  // The first worker of its process minds the clock of the epochs.
  bool is_first() const { return index_ == job_.topology().first(); }

  Job& job_;
  const uint32_t index_;  // through all processes
  const std::vector<StepPlan>* plans_ = nullptr;
  std::vector<Parts> parts_;  // by step
  uint64_t epoch_ = 0;        // whose barrier was put out last
  bool saving_ = false;       // and which is not saved yet
  bool committing_ = false;   // saved, and not committed yet
  bool told_durable_ = false;
  bool committed_last_ = false;
  bool sources_ended_ = false;
  bool draining_ = false;
  bool waits_for_memory_ = false;
  bool announced_ = false;
  bool may_spin_ = false;
  int64_t idle_since_us_ = 0;       // steady clock; 0: busy
  int64_t last_flush_us_ = 0;       // steady clock
  int64_t last_sink_flush_us_ = 0;  // steady clock
  int64_t last_report_us_ = 0;      // steady clock
};

}  // namespace streamhost
