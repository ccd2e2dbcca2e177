#include "recovery/store.h"

#include <algorithm>

#include "recovery/agreement.h"
#include "recovery/clock.h"
#include "recovery/directory.h"
#include "recovery/hash.h"
#include "recovery/marker.h"
#include "recovery/partition.h"
#include "recovery/points.h"
#include "recovery/reader.h"
#include "recovery/shares.h"
#include "recovery/writer.h"

namespace streamhost::recovery {
namespace {

namespace fs = std::filesystem;

constexpr size_t kKeptExecutions = 100;

Outcome make_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (!error && fs::is_directory(directory)) return {};
  return Failure{directory.string() + ": cannot make the directory: " +
                 (error ? error.message() : "something else has this name") +
                 "; use another one, or give this user the right to make it"};
}

class FileStore : public Store {
 public:
  FileStore(StoreOptions options, const Share& share, uint32_t self)
      : options_(std::move(options)), share_(share), self_(self) {
    if (!options_.at) options_.at = [](std::string_view) {};
  }

  Outcome open();

  uint64_t resume_epoch() const override { return static_cast<uint64_t>(share_.resume_epoch); }
  const std::vector<StoredStep>& steps() const override { return steps_; }
  Result<std::unique_ptr<RowReader>> read(std::string_view step) override;
  Result<std::vector<std::pair<std::string, std::string>>> unfinished(
      std::string_view step) override;

  Outcome begin(const Execution& execution, const std::vector<StepInfo>& steps,
                const std::vector<std::string>& drop) override;
  uint32_t part_of(uint32_t step, std::string_view key) const override {
    return file_of(numbers_[step], hash_of(key), static_cast<uint32_t>(share_.parts.size()));
  }
  uint32_t process_of(uint32_t step, std::string_view key) const override {
    return share_.processes == 1 ? 0 : share_.parts[part_of(step, key)].process;
  }
  void add(uint32_t step, RowBlock block) override { writer_->add(step, std::move(block)); }
  bool congested() const override { return writer_->congested(); }
  void end_epoch(uint64_t epoch, std::vector<uint32_t> cleared,
                 std::function<void(Outcome)> durable) override {
    writer_->end_epoch(epoch, std::move(cleared), std::move(durable));
  }
  void note_committed(uint64_t epoch) override { writer_->note_committed(epoch); }

 private:
  fs::path file_of_part(uint32_t part) const {
    return options_.directory / part_name(part, static_cast<uint32_t>(share_.parts.size()));
  }
  Outcome make_file_of(uint32_t part);
  Outcome open_file(uint32_t part);
  void find_steps();
  Outcome begin_file(Partition& partition, const ExecutionRow& execution);

  StoreOptions options_;
  const Share share_;
  const uint32_t self_;
  PartLocks locks_;
  std::vector<std::unique_ptr<Partition>> partitions_;  // ours, by part
  std::vector<Found> files_;
  MarkerWriter marker_;
  std::vector<int64_t> numbers_;  // of begin()'s steps
  std::vector<StoredStep> steps_;
  // Last, so that it goes first: what it still has to do may call back into the store.
  std::unique_ptr<Writer> writer_;
};

Outcome FileStore::open() {
  std::vector<uint32_t> ours;
  for (uint32_t part = 0; part < share_.parts.size(); ++part) {
    if (share_.parts[part].process == self_) ours.push_back(part);
  }
  if (ours.empty()) return {};
  if (Outcome made = make_directory(options_.directory); !made) return made;
  Result<PartLocks> locks = PartLocks::take(options_.directory, ours);
  if (!locks) return locks.failure();
  locks_ = locks.take();
  // Before any is made, so that a refusal leaves nothing behind.
  for (const uint32_t part : ours) {
    if (share_.parts[part].make) continue;
    if (Outcome opened = open_file(part); !opened) return opened;
  }
  for (const uint32_t part : ours) {
    if (!share_.parts[part].make) continue;
    if (Outcome made = make_file_of(part); !made) return made;
    if (Outcome opened = open_file(part); !opened) return opened;
  }
  std::sort(files_.begin(), files_.end(),
            [](const Found& a, const Found& b) { return a.part < b.part; });
  std::sort(partitions_.begin(), partitions_.end(), [](const auto& a, const auto& b) {
    return a->catalog().meta.part < b->catalog().meta.part;
  });
  find_steps();
  return {};
}

Outcome FileStore::make_file_of(uint32_t part) {
  Result<Listing> listing = list_files(options_.directory);
  if (!listing) return listing.failure();
  const fs::path file = file_of_part(part);
  std::error_code error;
  if ((listing->count != 0 && listing->count != share_.parts.size()) || fs::exists(file, error)) {
    return Failure{file.string() +
                   ": another job is making a store here; stop it, or use another "
                   "directory"};
  }
  MetaRow meta;
  meta.store = share_.store;
  meta.dataflow = options_.dataflow;
  meta.part = part;
  meta.parts = static_cast<int64_t>(share_.parts.size());
  return make_file(file, meta);
}

// Now that nobody else writes to it, it must still be what all processes have agreed on.
Outcome FileStore::open_file(uint32_t part) {
  const fs::path file = file_of_part(part);
  Result<std::unique_ptr<Partition>> opened = Partition::open(file);
  if (!opened) return opened.failure();
  partitions_.push_back(opened.take());
  const Catalog& catalog = partitions_.back()->catalog();
  files_.push_back({file, part, static_cast<int64_t>(share_.parts.size()), &catalog});
  if (Outcome identity = check_identity({files_.back()}); !identity) return identity;
  if (catalog.meta.store == share_.store && catalog.meta.sum == share_.parts[part].sum &&
      catalog.meta.horizon == share_.parts[part].horizon) {
    return {};
  }
  return Failure{file.string() +
                 ": another job has just written to it; stop that one, then start again"};
}

void FileStore::find_steps() {
  const int64_t resume = share_.resume_epoch;
  for (const StepRow& row : files_[0].catalog->steps_at(resume)) {
    StoredStep step;
    step.id = row.name;
    step.kind = static_cast<StepKind>(row.kind);
    step.component = row.component;
    step.state_version = static_cast<uint32_t>(row.state_version);
    for (const Found& found : files_) {
      int64_t alive = 0;
      for (const RunRow& run : found.catalog->visible(row.step, resume)) {
        alive += run.rows - 2 * run.erased;
        step.bytes += static_cast<uint64_t>(run.bytes);
        step.newest_version = std::max(step.newest_version, static_cast<uint32_t>(run.version));
      }
      step.rows += static_cast<uint64_t>(std::max<int64_t>(alive, 0));
    }
    steps_.push_back(std::move(step));
  }
}

Result<std::unique_ptr<RowReader>> FileStore::read(std::string_view step) {
  if (writer_ != nullptr) return Failure{"rows are read before an execution begins"};
  const bool known = std::any_of(steps_.begin(), steps_.end(),
                                 [&](const StoredStep& stored) { return stored.id == step; });
  if (!known) return std::unique_ptr<RowReader>();
  return read_step(files_, step_number(step), share_.resume_epoch);
}

Result<std::vector<std::pair<std::string, std::string>>> FileStore::unfinished(
    std::string_view step) {
  if (writer_ != nullptr) return Failure{"rows are read before an execution begins"};
  return read_unfinished(files_, step_number(step), share_.resume_epoch);
}

Outcome FileStore::begin(const Execution& execution, const std::vector<StepInfo>& steps,
                         const std::vector<std::string>& drop) {
  ExecutionRow row;
  row.number = share_.execution;
  row.nonce = share_.nonce;
  row.started_us = now_us();
  row.resumed_from = share_.resume_epoch;
  row.workers = execution.workers;
  row.processes = share_.processes == 1 ? execution.processes : share_.processes;
  row.host_version = execution.host_version;

  options_.at(kPointBegin);
  int64_t horizon = 0;
  for (size_t i = 0; i < partitions_.size(); ++i) {
    if (Outcome begun = begin_file(*partitions_[i], row); !begun) return begun;
    if (i == 0) options_.at(kPointBeginFirstFile);
    horizon = std::max(horizon, partitions_[i]->catalog().meta.horizon);
  }
  const auto parts = static_cast<uint32_t>(share_.parts.size());
  if (!partitions_.empty()) {
    const Outcome marked =
        marker_.open(options_.directory, {share_.store, parts, share_.resume_epoch, horizon});
    if (!marked) return marked;
  }

  WriterPlan plan;
  for (const auto& partition : partitions_) {
    plan.partitions.push_back(partition.get());
    plan.here.push_back(static_cast<uint32_t>(partition->catalog().meta.part));
  }
  plan.parts = parts;
  plan.alone = share_.processes == 1;
  plan.store = share_.store;
  plan.execution = row;
  for (const StepInfo& step : steps) {
    numbers_.push_back(step_number(step.id));
    plan.steps.push_back({numbers_.back(), 0, step.id, static_cast<int64_t>(step.kind),
                          step.component, step.state_version});
  }
  for (const std::string& step : drop) plan.dropped.push_back(step_number(step));
  plan.resume = share_.resume_epoch;
  plan.backup_us = options_.backup_us;
  if (!partitions_.empty()) plan.marker = &marker_;
  plan.at = options_.at;
  writer_ = std::make_unique<Writer>(std::move(plan));
  return {};
}

// Everything beyond the epoch to resume from goes: it never became whole, and its numbers come
// again.
Outcome FileStore::begin_file(Partition& partition, const ExecutionRow& execution) {
  const int64_t resume = share_.resume_epoch;
  partition.database().doing("begin an execution");
  partition.start_writing();
  partition.begin();
  partition.epochs().remove_if([&](const EpochRow& row) { return row.epoch > resume; });
  partition.steps().remove_if([&](const StepRow& row) { return row.since > resume; });
  partition.runs().change_if(
      [&](const RunRow& run) { return run.last_epoch > resume || run.is(RunState::kBuilding); },
      [](RunRow& run) { run.state = static_cast<int64_t>(RunState::kDead); });
  const auto& executions = partition.catalog().executions;
  if (executions.size() >= kKeptExecutions) {
    const int64_t from = executions[executions.size() - kKeptExecutions + 1].number;
    partition.executions().remove_if([&](const ExecutionRow& row) {
      const auto& epochs = partition.catalog().epochs;
      return row.number < from &&
             std::none_of(epochs.begin(), epochs.end(),
                          [&](const EpochRow& epoch) { return epoch.execution == row.number; });
    });
  }
  partition.executions().insert(execution);
  if (!partition.commit()) {
    Outcome failed = partition.database().outcome();
    partition.rollback();
    return failed;
  }
  partition.owned_by(execution);
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  if (Outcome made = make_directory(options.directory); !made) return made.failure();
  Result<Holding> holding = look(options);
  if (!holding) return holding.failure();
  Result<Share> share = agree({holding.take()});
  if (!share) return share.failure();
  return open(std::move(options), *share, 0);
}

Result<std::unique_ptr<Store>> Store::open(StoreOptions options, const Share& share,
                                           uint32_t self) {
  auto store = std::make_unique<FileStore>(std::move(options), share, self);
  if (Outcome opened = store->open(); !opened) return opened.failure();
  return std::unique_ptr<Store>(std::move(store));
}

Outcome Store::create(const fs::path& directory, const std::string& dataflow, uint32_t partitions) {
  {
    std::error_code error;
    if (fs::is_directory(directory, error)) {
      Result<Listing> listing = list_files(directory);
      if (!listing) return listing.failure();
      if (listing->count != 0 || read_marker(directory)) {
        return Failure{directory.string() +
                       ": there is a recovery store already; use another directory"};
      }
    }
  }
  Result<std::unique_ptr<Store>> store = open({.directory = directory,
                                               .dataflow = dataflow,
                                               .partitions = partitions,
                                               .backup_us = 0,
                                               .at = {}});
  if (!store) return store.failure();
  return {};
}

}  // namespace streamhost::recovery
