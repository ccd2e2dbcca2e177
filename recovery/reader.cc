#include "recovery/reader.h"

#include <algorithm>

#include "recovery/row_merge.h"

namespace streamhost::recovery {
namespace {

// A file being read.
struct Reading {
  Reading(const std::filesystem::path& file, const std::vector<RunRow>& runs)
      : database(file, Database::Access::kRead), chunks(prepared(database)), rows(chunks, runs) {}
  static Database& prepared(Database& database) {
    database.doing("read it");
    return database;
  }
  Database database;
  ChunkReader chunks;
  RowMerge rows;
};

class StepReader : public RowReader {
 public:
  StepReader(const std::vector<Found>& files, int64_t step, int64_t epoch)
      : files_(files), step_(step), epoch_(epoch) {}

  std::optional<Row> next() override {
    while (outcome_) {
      if (reading_ == nullptr) {
        if (next_file_ == files_.size()) return {};
        const Found& found = files_[next_file_++];
        const std::vector<RunRow> runs = found.catalog->visible(step_, epoch_);
        if (runs.empty()) continue;
        reading_ = std::make_unique<Reading>(found.file, runs);
      }
      while (reading_->rows.next()) {
        const EncodedRow& row = reading_->rows.row();
        if (!row.erased) return Row{row.key, row.value, row.version};
      }
      outcome_ = reading_->database.outcome();
      reading_.reset();
    }
    return {};
  }
  const Outcome& outcome() const override { return outcome_; }

 private:
  const std::vector<Found>& files_;
  const int64_t step_, epoch_;
  size_t next_file_ = 0;
  std::unique_ptr<Reading> reading_;
  Outcome outcome_;
};

}  // namespace

std::unique_ptr<RowReader> read_step(const std::vector<Found>& files, int64_t step, int64_t epoch) {
  return std::make_unique<StepReader>(files, step, epoch);
}

Result<std::vector<std::pair<std::string, std::string>>> read_unfinished(
    const std::vector<Found>& files, int64_t step, int64_t epoch) {
  std::vector<std::pair<std::string, std::string>> result;
  for (const Found& found : files) {
    std::vector<RunRow> runs = found.catalog->visible(step, INT64_MAX);
    // Runs are only merged with those of committed epochs.
    std::erase_if(runs, [&](const RunRow& run) { return run.last_epoch <= epoch; });
    if (runs.empty()) continue;
    Reading reading(found.file, runs);
    while (reading.rows.next()) {
      const EncodedRow& row = reading.rows.row();
      if (!row.erased) result.emplace_back(row.key, row.value);
    }
    if (!reading.database.ok()) return reading.database.outcome().failure();
  }
  return result;
}

}  // namespace streamhost::recovery
