#include "cli/job_runner.h"

#include <utility>

#include "base/units.h"
#include "plugin/services.h"

namespace streamhost {

Status JobRunner::prepare() {
  if (job_.flow.run.addresses.size() < 2) {
    auto engine = Engine::create(job_.flow, *job_.catalog, log_);
    if (!engine) return engine.status();
    take(engine.take());
    return Status::ok();
  }
  // What every process can find out by itself keeps it from disturbing the others.
  if (Status checked = Engine::check(job_.flow, *job_.catalog, log_); !checked) return checked;
  cluster::ClusterPlan plan;
  plan.identity.process_id = job_.flow.run.process_id;
  plan.identity.processes = static_cast<uint32_t>(job_.flow.run.addresses.size());
  plan.identity.workers = job_.flow.run.workers;
  plan.identity.host_version = host_version();
  plan.identity.fingerprint = job_.fingerprint;
  plan.addresses = job_.flow.run.addresses;
  plan.settings = job_.flow.cluster;
  auto cluster = cluster::Cluster::start(std::move(plan), log_);
  if (!cluster) return cluster.status();
  cluster_ = cluster.take();
  return Status::ok();
}

Status JobRunner::run() { return cluster_ == nullptr ? engine_->run() : run_together(); }

Status JobRunner::run_together() {
  for (;;) {
    auto members = cluster_->join();
    if (!members) {
      const std::lock_guard lock(mutex_);
      // Nothing was read since the last epoch, so there is nothing to end in order.
      return draining_ ? Status::ok() : members.status();
    }
    log_->info("all {} processes are there", job_.flow.run.addresses.size());
    const Status outcome = run_with(**members);
    if (outcome.code() != Code::kLost) return outcome;
    {
      const std::lock_guard lock(mutex_);
      if (draining_) return outcome;
    }
    if (job_.flow.recovery.directory.empty()) {
      return Status::failed(outcome.message() +
                            "; the job cannot go on without it, as there is no recovery store to "
                            "go back to ([recovery] directory)");
    }
    log_->warn("{}; going back to the last epoch and waiting for all processes, up to {}",
               outcome.message(), format_duration(job_.flow.cluster.wait_us));
  }
}

Status JobRunner::run_with(cluster::Members& members) {
  auto engine = Engine::create(job_.flow, *job_.catalog, log_, wall_now_us, &members);
  if (!engine) return engine.status();
  Engine& running = **engine;
  take(engine.take());
  const Status outcome = running.run();
  // Its instances and the store must be gone before anything begins anew.
  if (outcome.code() == Code::kLost) take(nullptr);
  return outcome;
}

void JobRunner::take(std::unique_ptr<Engine> engine) {
  std::unique_ptr<Engine> before;
  const std::lock_guard lock(mutex_);
  before = std::exchange(engine_, std::move(engine));
  if (engine_ != nullptr && draining_) engine_->drain();
}

void JobRunner::drain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  if (cluster_ != nullptr) cluster_->stop();
  if (engine_ != nullptr) engine_->drain();
}

JobProgress JobRunner::progress() const {
  const std::lock_guard lock(mutex_);
  return engine_ == nullptr ? JobProgress() : engine_->progress();
}

}  // namespace streamhost
