// Runs a checked dataflow on its workers.
//
//   auto engine = Engine::create(flow, catalog, log);
//   if (!engine) ...                       // every wrong configuration, with its place
//   Status outcome = (*engine)->run();     // blocks; drain() from another thread ends it early
#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "dataflow/dataflow.h"
#include "engine/job.h"
#include "engine/reach.h"
#include "engine/worker.h"

namespace streamhost {

// How far a job has come. `total` is UINT64_MAX when some source has no known end.
struct JobProgress {
  uint64_t records = 0;  // put out by all sources
  uint64_t bytes_done = 0;
  uint64_t bytes_total = 0;
};

class Engine {
 public:
  // Makes the instances of all steps on all workers and plans who reads and writes what. `flow` and
  // `catalog` must outlive the engine. Errors: kUsage with all complaints of components about their
  // options; kFailed when something outside cannot be reached.
  // `members`: the processes that run the job together, each with an engine of its own that is
  // created and run at the same time; they are left when run() returns, or create() fails. Null:
  // this process alone.
  static Result<std::unique_ptr<Engine>> create(const Dataflow& flow, Catalog& catalog, Log log,
                                                WallClock clock = wall_now_us,
                                                cluster::Members* members = nullptr);
  // The first half of create(): ok when every component accepts its options. Nothing is opened.
  static Status check(const Dataflow& flow, Catalog& catalog, Log log);
  ~Engine();

  // Runs the job to its end on threads of its own. Once. kLost: another process is gone; the job
  // can go on from its last epoch with an engine that is created anew.
  Status run();
  // Asks the sources to end; run() then returns when everything read has been processed. [any]
  void drain() { job_.drain(); }
  JobProgress progress() const;
  Metrics& metrics() { return job_.metrics(); }
  // How often workers went to sleep, all together; after run().
  uint64_t sleeps() const;
  // The most blocks that were underway between workers at one time, about.
  size_t most_blocks() const { return job_.hub().blocks.made(); }

 private:
  Engine(const Dataflow& flow, Catalog& catalog, Log log, WallClock clock,
         cluster::Members* members);
  Status prepare();
  Status create_instances();
  Status plan();
  // What this process can read and write: a message Reach.
  Result<std::string> reach();
  void plan_source(uint32_t step, const Reached& reached);
  Status plan_sink(uint32_t step, const Reached& reached);
  void warn_of_lost_positions(uint32_t step, const std::vector<std::string>& names);
  void plan_channels();

  mutable Job job_;
  std::vector<StepPlan> plans_;  // by step
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace streamhost
