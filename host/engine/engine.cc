#include "engine/engine.h"

#include <algorithm>
#include <new>
#include <set>
#include <system_error>
#include <thread>

#include "base/crash_guard.h"
#include "engine/agree.h"
#include "engine/messages.pb.h"

namespace streamhost {
namespace {

constexpr size_t kMostBlocks = 8;             // in a lane: enough to keep both sides busy
constexpr uint64_t kLeastPayload = 16 << 10;  // of a block to another process

template <class Call>
Result<std::vector<std::string>> partition_names(const Step& step, StepContext& context,
                                                 Call&& call) {
  NamesWriter names;
  sh_error error = fresh_error();
  const CrashScope scope(context.label());
  if (call(&names, &error) < 0) {
    return Status::failed(step_name(step) + ": " + error.message);
  }
  std::set<std::string> seen;
  for (const std::string& name : names.names()) {
    if (!seen.insert(name).second) {
      return Status::failed(step_name(step) + ": the plugin names the partition \"" + name +
                            "\" twice");
    }
  }
  return std::move(names.names());
}

}  // namespace

Engine::Engine(const Dataflow& flow, Catalog& catalog, Log log, WallClock clock,
               cluster::Members* members)
    : job_(flow, catalog, std::move(log), std::move(clock), members), plans_(flow.steps.size()) {
  for (uint32_t w = 0; w < job_.topology().local(); ++w) {
    workers_.push_back(std::make_unique<Worker>(job_, job_.topology().first() + w));
  }
}

Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::create(const Dataflow& flow, Catalog& catalog, Log log,
                                               WallClock clock, cluster::Members* members) {
  std::unique_ptr<Engine> engine(
      new Engine(flow, catalog, std::move(log), std::move(clock), members));
  const Status status = engine->prepare();
  if (status) return engine;
  engine->job_.leave(status);
  return status;
}

Status Engine::prepare() {
  if (Status s = create_instances(); !s) return s;
  if (Status s = job_.open_snapshots(); !s) return s;
  if (Status s = plan(); !s) return s;
  job_.plan_epochs();
  return job_.start();
}

Status Engine::check(const Dataflow& flow, Catalog& catalog, Log log) {
  Engine engine(flow, catalog, std::move(log), wall_now_us, nullptr);
  return engine.create_instances();
}

Status Engine::create_instances() {
  for (auto& worker : workers_) {
    Diagnostics diagnostics;
    Status failure;
    worker->create(diagnostics, failure);
    // The other workers would only say the same again.
    if (Status s = diagnostics.status(); !s) return s;
    if (!failure) return failure;
  }
  return Status::ok();
}

Result<std::string> Engine::reach() {
  engine::wire::Reach reach;
  Worker& first = *workers_[0];
  for (uint32_t s = 0; s < plans_.size(); ++s) {
    auto* mine = reach.add_steps();
    const Step& step = job_.flow().steps[s];
    const sh_component& raw = *step.component.raw;
    const bool source = raw.source != nullptr;
    if (!source && (raw.sink == nullptr || raw.sink->partitions == nullptr)) continue;
    auto names = partition_names(step, first.context(s), [&](sh_writer* to, sh_error* error) {
      return source ? raw.source->partitions(first.instance(s), to, error)
                    : raw.sink->partitions(first.instance(s), to, error);
    });
    if (!names) return names.status();
    if (!source && names->empty()) {
      return Status::failed(step_name(step) + ": the sink has no partitions");
    }
    for (const std::string& name : *names) mine->add_partitions(name);
  }
  return reach.SerializeAsString();
}

Status Engine::plan() {
  auto all = agree(job_.members(), reach());
  if (!all) return all.status();
  std::vector<engine::wire::Reach> reaches(all->size());
  for (size_t p = 0; p < reaches.size(); ++p) {
    if (!reaches[p].ParseFromString((*all)[p]) ||
        static_cast<size_t>(reaches[p].steps_size()) != plans_.size()) {
      return Status::failed(job_.members()->name(static_cast<uint32_t>(p)) +
                            ": a plan that cannot be understood");
    }
  }
  for (uint32_t s = 0; s < plans_.size(); ++s) {
    const sh_component& raw = *job_.flow().steps[s].component.raw;
    if (raw.source == nullptr && raw.sink == nullptr) continue;
    std::vector<std::vector<std::string>> names;
    for (const auto& reach : reaches) {
      const auto& theirs = reach.steps(static_cast<int>(s)).partitions();
      names.emplace_back(theirs.begin(), theirs.end());
    }
    const Reached reached = merge_reach(names);
    if (raw.source != nullptr) {
      plan_source(s, reached);
    } else if (Status status = plan_sink(s, reached); !status) {
      return status;
    }
  }
  plan_channels();
  for (auto& worker : workers_) worker->build(plans_);
  return Status::ok();
}

void Engine::plan_source(uint32_t s, const Reached& reached) {
  std::vector<std::string> names;
  auto& dealt = plans_[s].source_partitions;
  dealt.resize(job_.workers());
  // Each source begins with another worker, so that many small ones spread as well.
  for (size_t i = 0; i < reached.partitions.size(); ++i) {
    const Reached::Partition& partition = reached.partitions[i];
    dealt[deal(partition, i, s, job_.topology())].push_back(partition.name);
    names.push_back(partition.name);
  }
  if (job_.snapshots() != nullptr) warn_of_lost_positions(s, names);
}

// What a person should know before the job is trusted with what cannot be repeated.
void Engine::warn_of_lost_positions(uint32_t s, const std::vector<std::string>& names) {
  const Step& step = job_.flow().steps[s];
  if (step.component.raw->source != nullptr && step.component.raw->source->snapshot == nullptr) {
    job_.log().warn("{}: it keeps no position, so after a restart it begins anew", step_name(step));
  }
  for (const std::string& gone : job_.snapshots()->partitions_besides(s, names)) {
    job_.log().warn(
        "{}: the recovery store has a position for the partition \"{}\", which is not there any "
        "more; it is kept in case it comes back",
        step_name(step), gone);
  }
}

Status Engine::plan_sink(uint32_t s, const Reached& reached) {
  const Step& step = job_.flow().steps[s];
  const sh_sink& sink = *step.component.raw->sink;
  const bool has_position = sink.partitions != nullptr && sink.prepare != nullptr;
  if (job_.snapshots() != nullptr && sink.commit == nullptr && !has_position) {
    job_.log().warn("{}: it can only write at least once: after a crash, records come again",
                    step_name(step));
  }
  if (sink.partitions == nullptr) return Status::ok();
  if (sink.route != nullptr && !reached.alike) {
    return Status::failed(step_name(step) +
                          ": the processes do not have the same partitions of it, and it is the "
                          "sink itself that says which record goes to which; let all of them reach "
                          "the same ones");
  }
  SinkLayout& layout = plans_[s].sink;
  for (size_t i = 0; i < reached.partitions.size(); ++i) {
    layout.names.push_back(reached.partitions[i].name);
    layout.owners.push_back(deal(reached.partitions[i], i, s, job_.topology()));
  }
  if (job_.snapshots() != nullptr) warn_of_lost_positions(s, layout.names);
  return Status::ok();
}

void Engine::plan_channels() {
  const uint32_t workers = job_.workers();
  if (workers == 1) return;
  std::vector<uint32_t> crossing;
  for (uint32_t s = 0; s < plans_.size(); ++s) {
    const Step& step = job_.flow().steps[s];
    const sh_component& raw = *step.component.raw;
    const bool spreads = raw.op != nullptr && (raw.op->flags & SH_OPERATOR_REDISTRIBUTE) != 0;
    const bool partitioned = raw.sink != nullptr && !plans_[s].sink.dynamic();
    if (raw.keyed != nullptr || spreads || partitioned) crossing.push_back(s);
    plans_[s].combines =
        raw.keyed != nullptr && (raw.keyed->flags & SH_KEYED_COMBINES) != 0 && step.combine;
  }
  if (crossing.empty()) return;
  // A quarter of the memory may stand in lanes as descriptors; the bytes they point at are bounded
  // by what sources may read ahead.
  const size_t lanes = crossing.size() * workers * workers_.size();
  const size_t block = job_.flow().run.batch_size * sizeof(sh_record);
  const size_t share = static_cast<size_t>(job_.flow().run.memory) / 4 / lanes / block;
  const size_t capacity = std::clamp<size_t>(share, 2, kMostBlocks);
  // To and from other processes the bytes themselves are in lanes.
  Trunk* trunk = job_.peers() == nullptr ? nullptr : &job_.peers()->trunk();
  uint64_t payload = Channel::kMostPayload;
  if (trunk != nullptr) {
    const uint64_t bytes = static_cast<uint64_t>(job_.flow().run.memory) / 2 / lanes / capacity;
    payload = std::clamp<uint64_t>(bytes, kLeastPayload, Channel::kMostPayload);
  }
  for (const uint32_t s : crossing) {
    plans_[s].channel = std::make_unique<Channel>(job_.hub(), capacity, payload, trunk);
  }
}

Status Engine::run() {
  std::vector<std::jthread> threads;
  for (auto& worker : workers_) try {
      threads.emplace_back([this, &worker] {
        try {
          worker->run();
        } catch (const std::bad_alloc&) {
          job_.fail(Status::failed("out of memory"));
        }
      });
    } catch (const std::system_error&) {
      job_.fail(Status::failed("cannot start " + std::to_string(workers_.size()) +
                               " worker threads: the system allows no more"));
      break;
    }
  threads.clear();  // joins
  job_.finish();
  // Blocks that never arrived may hold memory of plugins, which comes back before their instances
  // go.
  for (StepPlan& plan : plans_) plan.channel.reset();
  return job_.outcome();
}

uint64_t Engine::sleeps() const {
  uint64_t sum = 0;
  for (const Parker& parker : job_.hub().parkers) sum += parker.sleeps();
  return sum;
}

JobProgress Engine::progress() const {
  JobProgress sum;
  for (const WorkerProgress& p : job_.progress()) {
    sum.records += p.records.load(std::memory_order_relaxed);
    sum.bytes_done += p.bytes_done.load(std::memory_order_relaxed);
    const uint64_t total = p.bytes_total.load(std::memory_order_relaxed);
    sum.bytes_total =
        total == UINT64_MAX || sum.bytes_total == UINT64_MAX ? UINT64_MAX : sum.bytes_total + total;
  }
  return sum;
}

}  // namespace streamhost
