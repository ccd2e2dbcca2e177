#include "recovery/store.h"

#include <algorithm>
#include <map>
#include <random>

#include "recovery/agreement.h"
#include "recovery/clock.h"
#include "recovery/directory.h"
#include "recovery/hash.h"
#include "recovery/marker.h"
#include "recovery/partition.h"
#include "recovery/points.h"
#include "recovery/reader.h"
#include "recovery/writer.h"

namespace streamhost::recovery {
namespace {

namespace fs = std::filesystem;

constexpr size_t kKeptExecutions = 100;

int64_t random_number() {
  std::random_device device;
  return static_cast<int64_t>(uint64_t{device()} << 32 | device());
}

std::string random_id() {
  constexpr const char* kDigits = "0123456789abcdef";
  std::random_device device;
  std::string id;
  while (id.size() < 32) id.push_back(kDigits[device() & 15]);
  return id;
}

Outcome make_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (!error && fs::is_directory(directory)) return {};
  return Failure{directory.string() + ": cannot make the directory: " +
                 (error ? error.message() : "something else has this name") +
                 "; use another one, or give this user the right to make it"};
}

Outcome make_files(const std::vector<fs::path>& files, MetaRow meta) {
  for (const fs::path& file : files) {
    uint32_t part = 0;
    while (file.filename() != part_name(part, static_cast<uint32_t>(meta.parts))) ++part;
    meta.part = part;
    if (Outcome made = make_file(file, meta); !made) return made;
  }
  return {};
}

class FileStore : public Store {
 public:
  explicit FileStore(StoreOptions options) : options_(std::move(options)) {
    if (!options_.at) options_.at = [](std::string_view) {};
  }
  ~FileStore() override { writer_.reset(); }

  Outcome open();

  uint64_t resume_epoch() const override { return static_cast<uint64_t>(resume_); }
  const std::vector<StoredStep>& steps() const override { return steps_; }
  Result<std::unique_ptr<RowReader>> read(std::string_view step) override;
  Result<std::vector<std::pair<std::string, std::string>>> unfinished(
      std::string_view step) override;

  Outcome begin(const Execution& execution, const std::vector<StepInfo>& steps,
                const std::vector<std::string>& drop) override;
  void add(uint32_t step, RowBlock block) override { writer_->add(step, std::move(block)); }
  bool congested() const override { return writer_->congested(); }
  void end_epoch(uint64_t epoch, std::vector<uint32_t> cleared,
                 std::function<void(Outcome)> durable) override {
    writer_->end_epoch(epoch, std::move(cleared), std::move(durable));
  }

 private:
  Outcome open_files(const Listing& listing);
  Outcome find_files(Listing& listing, const std::optional<Marker>& marker);
  void find_steps();
  Outcome begin_file(Partition& partition, const ExecutionRow& execution);

  StoreOptions options_;
  DirectoryLock lock_;
  std::vector<std::unique_ptr<Partition>> partitions_;
  std::vector<Found> files_;
  MarkerWriter marker_;
  int64_t resume_ = 0;
  std::vector<StoredStep> steps_;
  std::unique_ptr<Writer> writer_;
};

Outcome FileStore::open() {
  const fs::path& directory = options_.directory;
  if (Outcome made = make_directory(directory); !made) return made;
  Result<DirectoryLock> lock = DirectoryLock::take(directory);
  if (!lock) return lock.failure();
  lock_ = lock.take();
  const std::optional<Marker> marker = read_marker(directory);
  Result<Listing> listing = list_files(directory);
  if (!listing) return listing.failure();
  if (Outcome found = find_files(*listing, marker); !found) return found;
  Result<int64_t> epoch = common_epoch(files_);
  if (!epoch) return epoch.failure();
  resume_ = *epoch;
  if (Outcome known = check_marker(marker, files_, directory, resume_); !known) return known;
  find_steps();
  return {};
}

// Opens the files that there are, and makes those that may be made.
Outcome FileStore::find_files(Listing& listing, const std::optional<Marker>& marker) {
  const fs::path& directory = options_.directory;
  MetaRow meta;
  meta.dataflow = options_.dataflow;
  if (listing.count == 0) {
    if (marker && marker->epoch > 0) {
      return Failure{(directory / part_name(0, marker->parts)).string() +
                     ": missing, though epoch " + std::to_string(marker->epoch) +
                     " was committed to it; put it back, or, to begin anew, use another directory"};
    }
    meta.store = random_id();
    meta.parts = options_.partitions.value_or(1);
    listing = all_missing(directory, options_.partitions.value_or(1));
    if (Outcome made = make_files(listing.files, meta); !made) return made;
    listing.missing.clear();
    return open_files(listing);
  }
  if (Outcome opened = open_files(listing); !opened) return opened;
  const MetaRow& first = files_[0].catalog->meta;
  if (first.dataflow != options_.dataflow) {
    return Failure{files_[0].file.string() + ": this store belongs to the dataflow \"" +
                   first.dataflow + "\", not to \"" + options_.dataflow +
                   "\"; use another directory"};
  }
  if (Outcome identity = check_identity(files_); !identity) return identity;
  if (options_.partitions && *options_.partitions != listing.count) {
    return Failure{directory.string() + ": the store has " + std::to_string(listing.count) +
                   " partitions and cannot be opened with " + std::to_string(*options_.partitions) +
                   "; leave partitions out, or begin anew in another directory"};
  }
  if (listing.missing.empty()) return {};
  if (!untouched(files_) || (marker && marker->epoch > 0)) {
    return Failure{listing.missing[0].string() + ": missing, one of the " +
                   std::to_string(listing.count) +
                   " files of the store; put it back, or begin anew in another directory"};
  }
  // Making the store was interrupted.
  meta.store = first.store;
  meta.parts = listing.count;
  if (Outcome made = make_files(listing.missing, meta); !made) return made;
  listing.missing.clear();
  return open_files(listing);
}

Outcome FileStore::open_files(const Listing& listing) {
  files_.clear();
  partitions_.clear();
  for (size_t i = 0; i < listing.files.size(); ++i) {
    const fs::path& file = listing.files[i];
    if (std::find(listing.missing.begin(), listing.missing.end(), file) != listing.missing.end()) {
      continue;
    }
    Result<std::unique_ptr<Partition>> partition = Partition::open(file);
    if (!partition) return partition.failure();
    partitions_.push_back(partition.take());
    files_.push_back(
        {file, static_cast<int64_t>(i), listing.count, &partitions_.back()->catalog()});
  }
  return {};
}

void FileStore::find_steps() {
  for (const StepRow& row : files_[0].catalog->steps_at(resume_)) {
    StoredStep step;
    step.id = row.name;
    step.kind = static_cast<StepKind>(row.kind);
    step.component = row.component;
    step.state_version = static_cast<uint32_t>(row.state_version);
    for (const Found& found : files_) {
      int64_t alive = 0;
      for (const RunRow& run : found.catalog->visible(row.step, resume_)) {
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
  return read_step(files_, step_number(step), resume_);
}

Result<std::vector<std::pair<std::string, std::string>>> FileStore::unfinished(
    std::string_view step) {
  if (writer_ != nullptr) return Failure{"rows are read before an execution begins"};
  return read_unfinished(files_, step_number(step), resume_);
}

Outcome FileStore::begin(const Execution& execution, const std::vector<StepInfo>& steps,
                         const std::vector<std::string>& drop) {
  ExecutionRow row;
  for (const Found& found : files_) {
    if (!found.catalog->executions.empty()) {
      row.number = std::max(row.number, found.catalog->executions.back().number);
    }
  }
  ++row.number;
  row.nonce = random_number();
  row.started_us = now_us();
  row.resumed_from = resume_;
  row.workers = execution.workers;
  row.processes = execution.processes;
  row.host_version = execution.host_version;

  options_.at(kPointBegin);
  int64_t horizon = 0;
  for (size_t i = 0; i < partitions_.size(); ++i) {
    if (Outcome begun = begin_file(*partitions_[i], row); !begun) return begun;
    if (i == 0) options_.at(kPointBeginFirstFile);
    horizon = std::max(horizon, partitions_[i]->catalog().meta.horizon);
  }
  const MetaRow& meta = partitions_[0]->catalog().meta;
  const Outcome marked = marker_.open(
      options_.directory, {meta.store, static_cast<uint32_t>(meta.parts), resume_, horizon});
  if (!marked) return marked;

  WriterPlan plan;
  for (const auto& partition : partitions_) plan.partitions.push_back(partition.get());
  plan.execution = row;
  for (const StepInfo& step : steps) {
    plan.steps.push_back({step_number(step.id), 0, step.id, static_cast<int64_t>(step.kind),
                          step.component, step.state_version});
  }
  for (const std::string& step : drop) plan.dropped.push_back(step_number(step));
  plan.resume = resume_;
  plan.backup_us = options_.backup_us;
  plan.marker = &marker_;
  plan.at = options_.at;
  writer_ = std::make_unique<Writer>(std::move(plan));
  return {};
}

// Everything beyond the epoch to resume from goes: it never became whole, and its numbers come
// again.
Outcome FileStore::begin_file(Partition& partition, const ExecutionRow& execution) {
  partition.database().doing("begin an execution");
  partition.start_writing();
  partition.begin();
  partition.epochs().remove_if([&](const EpochRow& row) { return row.epoch > resume_; });
  partition.steps().remove_if([&](const StepRow& row) { return row.since > resume_; });
  partition.runs().change_if(
      [&](const RunRow& run) { return run.last_epoch > resume_ || run.is(RunState::kBuilding); },
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
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  auto store = std::make_unique<FileStore>(std::move(options));
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
