// One job from its start to its end, in one process or as a part of a cluster: joins the others,
// runs, and when one of them is lost rolls back to the last epoch and joins again.
//
//   JobRunner runner(job, log);
//   std::thread thread([&] { outcome = runner.run(); });
//   ... runner.drain() from another thread ends it early
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "base/log.h"
#include "base/status.h"
#include "cli/open_job.h"
#include "cluster/cluster.h"
#include "engine/engine.h"

namespace streamhost {

class JobRunner {
 public:
  // `job` outlives the runner.
  JobRunner(const OpenJob& job, Log log) : job_(job), log_(std::move(log)) {}

  // Makes ready what can be wrong before anything runs: the steps with their options where the job
  // runs in one process; the address and the security of a cluster. [one thread]
  Status prepare();
  // Runs the job to its end. Once, after prepare(). kLost: other processes were not back in time.
  Status run();

  // Asks the sources of all processes to end; a job that still waits for other processes ends at
  // once. [any thread]
  void drain();
  // How far the job has come here. [any thread]
  JobProgress progress() const;
  // Of the last engine that ran; null when none did. After run().
  Engine* engine() { return engine_.get(); }

 private:
  Status run_together();
  // One attempt with all others there.
  Status run_with(cluster::Members& members);
  // Makes an engine the one that drain() and progress() speak of.
  void take(std::unique_ptr<Engine> engine);

  const OpenJob& job_;
  Log log_;
  std::unique_ptr<cluster::Cluster> cluster_;
  mutable std::mutex mutex_;  // of the two below
  std::unique_ptr<Engine> engine_;
  bool draining_ = false;
};

}  // namespace streamhost
