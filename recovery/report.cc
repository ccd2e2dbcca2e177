#include "recovery/report.h"

#include <algorithm>

#include "recovery/agreement.h"
#include "recovery/directory.h"
#include "recovery/partition.h"
#include "recovery/row_merge.h"
#include "recovery/schema.h"
#include "recovery/snapshot.h"

namespace streamhost::recovery {
namespace {

namespace fs = std::filesystem;

constexpr int kAttempts = 50;

uint64_t bytes_on_disk(const fs::path& file) {
  uint64_t bytes = 0;
  for (const char* suffix : {"", "-wal"}) {
    fs::path path = file;
    std::error_code error;
    const auto size = fs::file_size(path += suffix, error);
    if (!error) bytes += size;
  }
  return bytes;
}

// The `count` biggest keys seen so far; a heap with the smallest of them on top.
void remember(std::vector<ReportedStep::Key>& biggest, std::string_view key, uint64_t bytes,
              size_t count) {
  const auto bigger = [](const ReportedStep::Key& a, const ReportedStep::Key& b) {
    return a.bytes > b.bytes;
  };
  if (count == 0 || (biggest.size() == count && bytes <= biggest.front().bytes)) return;
  if (biggest.size() == count) {
    std::pop_heap(biggest.begin(), biggest.end(), bigger);
    biggest.pop_back();
  }
  biggest.push_back({std::string(key), bytes});
  std::push_heap(biggest.begin(), biggest.end(), bigger);
}

Outcome report_step(std::vector<std::unique_ptr<Snapshot>>& files, const StepRow& row,
                    int64_t epoch, size_t biggest, ReportedStep& step) {
  step.id = row.name;
  step.kind = static_cast<StepKind>(row.kind);
  step.component = row.component;
  step.state_version = static_cast<uint32_t>(row.state_version);
  for (auto& file : files) {
    for (const RunRow& run : file->catalog().runs) {
      if (run.step == row.step) step.stored_bytes += static_cast<uint64_t>(run.bytes);
    }
    ChunkReader chunks(file->database());
    RowMerge rows(chunks, file->catalog().visible(row.step, epoch));
    while (rows.next()) {
      const EncodedRow& found = rows.row();
      if (found.erased) continue;
      const uint64_t bytes = found.key.size() + found.value.size();
      ++step.keys;
      step.bytes += bytes;
      remember(step.biggest, found.key, bytes, biggest);
    }
    if (!file->database().ok()) return file->database().outcome();
  }
  std::sort(step.biggest.begin(), step.biggest.end(),
            [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
  return {};
}

void report_history(const std::vector<std::unique_ptr<Snapshot>>& files, Report& report) {
  const Catalog& first = files[0]->catalog();
  for (const ExecutionRow& row : first.executions) {
    report.executions.push_back({static_cast<uint64_t>(row.number), row.started_us,
                                 static_cast<uint64_t>(row.resumed_from),
                                 static_cast<uint32_t>(row.workers),
                                 static_cast<uint32_t>(row.processes), row.host_version});
  }
  for (const EpochRow& row : first.epochs) {
    if (static_cast<uint64_t>(row.epoch) > report.resume_epoch) break;
    ReportedEpoch epoch{static_cast<uint64_t>(row.epoch), static_cast<uint64_t>(row.execution),
                        row.committed_us, 0, 0};
    for (const auto& file : files) {
      const EpochRow* part = file->catalog().epoch(row.epoch);
      if (part == nullptr) continue;
      epoch.rows += static_cast<uint64_t>(part->rows);
      epoch.bytes += static_cast<uint64_t>(part->bytes);
    }
    report.epochs.push_back(epoch);
  }
}

// The oldest epoch from the horizons of all files on; an epoch that was once the horizon is kept.
uint64_t oldest_epoch(const std::vector<std::unique_ptr<Snapshot>>& files, int64_t resume) {
  int64_t horizon = 1;
  for (const auto& file : files) horizon = std::max(horizon, file->catalog().meta.horizon);
  for (const EpochRow& row : files[0]->catalog().epochs) {
    if (row.epoch >= horizon && row.epoch <= resume) return static_cast<uint64_t>(row.epoch);
  }
  return 0;
}

}  // namespace

Result<Report> report(const fs::path& directory, size_t biggest) {
  Result<Listing> listing = list_files(directory);
  if (!listing) return listing.failure();
  if (listing->count == 0) {
    return Failure{directory.string() + ": there is no recovery store in this directory"};
  }
  if (!listing->missing.empty()) {
    return Failure{
        listing->missing[0].string() + ": missing, one of the " + std::to_string(listing->count) +
        " files of the store; if several "
        "processes keep it, copy what all of them have into one directory to look at it"};
  }
  // A job at work may be ahead in one file while another one is being looked at, and may have left
  // behind what the first had in common with it: then all of them once more. That is rare, for all
  // are fixed at nearly the same instant.
  Result<int64_t> epoch = int64_t{0};
  std::vector<std::unique_ptr<Snapshot>> files;
  for (const fs::path& file : listing->files) files.push_back(std::make_unique<Snapshot>(file));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    for (auto& file : files) file->begin();
    std::vector<Found> found;
    for (size_t i = 0; i < files.size(); ++i) {
      files[i]->read();
      if (files[i]->older_version() != 0) {
        files[i]->database().refuse("the file has the older format version " +
                                    std::to_string(files[i]->older_version()) +
                                    "; it is brought up to date when a job runs on it");
      }
      if (!files[i]->database().ok()) return files[i]->database().outcome().failure();
      found.push_back(
          {listing->files[i], static_cast<int64_t>(i), listing->count, &files[i]->catalog()});
    }
    if (Outcome identity = check_identity(found); !identity) return identity.failure();
    epoch = common_epoch(found);
    if (epoch) break;
  }
  if (!epoch) return epoch.failure();

  Report report;
  const Catalog& first = files[0]->catalog();
  report.dataflow = first.meta.dataflow;
  report.format = static_cast<uint32_t>(current_format().version);
  report.partitions = listing->count;
  report.resume_epoch = static_cast<uint64_t>(*epoch);
  report.oldest_epoch = oldest_epoch(files, *epoch);
  const std::vector<int64_t> holders = PartLocks::holders(directory, listing->count);
  report.in_use = std::any_of(holders.begin(), holders.end(), [](int64_t id) { return id != 0; });
  for (const fs::path& file : listing->files) report.file_bytes += bytes_on_disk(file);
  report_history(files, report);
  for (const StepRow& row : first.steps_at(*epoch)) {
    ReportedStep& step = report.steps.emplace_back();
    if (Outcome read = report_step(files, row, *epoch, biggest, step); !read) {
      return read.failure();
    }
  }
  return report;
}

}  // namespace streamhost::recovery
