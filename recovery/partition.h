// One file of a store (a recovery partition): looked at without writing, then written in
// transactions. Its small rows are in memory; its chunks are read and written one at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "recovery/catalog.h"
#include "recovery/result.h"
#include "recovery/schema.h"
#include "recovery/sqlite.h"
#include "recovery/table.h"

namespace streamhost::recovery {

// A chunk's row id: which of which run. A run has at most kMaxChunks.
inline constexpr int64_t kMaxChunks = int64_t{1} << 24;
inline int64_t chunk_id(int64_t run, int64_t n) { return run * kMaxChunks + n; }

// Reads chunks over a connection, and proves them. Belongs to one thread.
class ChunkReader {
 public:
  // `database` outlives it and keeps what went wrong.
  explicit ChunkReader(Database& database);
  // False when it is missing or damaged.
  bool read(int64_t id, std::string& into);
  Database& database() { return database_; }

 private:
  Database& database_;
  Statement select_;
};

class Partition {
 public:
  // Opens a file to look at it; writes nothing, not even when it is closed, unless it is of an
  // older format. Refuses what is damaged, of a newer format, or not one of ours.
  static Result<std::unique_ptr<Partition>> open(const std::filesystem::path& file,
                                                 const Format& format = current_format());

  const std::filesystem::path& file() const { return database_.file(); }
  const Catalog& catalog() const { return catalog_; }
  Database& database() { return database_; }

  // Prepares for writing: how safe, how much memory, when the log goes.
  void start_writing();

  // From here on the file is ours only as long as this is its newest execution.
  void owned_by(const ExecutionRow& execution) { owner_ = {execution.number, execution.nonce}; }

  // A transaction, and what may be done within one. Fails, with nothing begun, when somebody else
  // has written to the file since we did, or has begun an execution in it.
  void begin();
  // False when it failed; then everything is as it was before begin().
  bool commit();
  // Undoes what was done since begin(), and does nothing more, ever; outcome() says why.
  void abandon(const Failure& failure);
  // Undoes what was done since begin(), also what has failed; outcome() is good again.
  void rollback();
  bool in_transaction() const { return database_.in_transaction(); }

  Table<ExecutionRow>& executions() { return tables_->executions; }
  Table<EpochRow>& epochs() { return tables_->epochs; }
  Table<StepRow>& steps() { return tables_->steps; }
  Table<RunRow>& runs() { return tables_->runs; }
  // Never goes back while executions go on from the same epoch.
  void set_horizon(int64_t epoch) { catalog_.meta.horizon = epoch; }
  // For the next run, greater than all others'.
  int64_t next_run() const { return catalog_.runs.empty() ? 1 : catalog_.runs.back().id + 1; }
  void write_chunk(int64_t id, std::string_view data);
  // The least id of a chunk from `first` to `last`; -1: there is none.
  int64_t first_chunk(int64_t first, int64_t last);
  // With ids from `first` to `last`; how many there were.
  int64_t erase_chunks(int64_t first, int64_t last);

  // Moves what the log holds into the file once that is worth it. Outside of transactions.
  void checkpoint();
  // Free pages beyond those that the next merge will want.
  int64_t excess_pages();
  // Gives so many back to the file system. Inside a transaction.
  void shrink(int64_t pages);

 private:
  struct Tables {
    Tables(Database& database, Catalog& catalog)
        : executions(database, catalog.executions, catalog.meta.sum),
          epochs(database, catalog.epochs, catalog.meta.sum),
          steps(database, catalog.steps, catalog.meta.sum),
          runs(database, catalog.runs, catalog.meta.sum) {}
    Table<ExecutionRow> executions;
    Table<EpochRow> epochs;
    Table<StepRow> steps;
    Table<RunRow> runs;
  };

  explicit Partition(const std::filesystem::path& file)
      : database_(file, Database::Access::kReadWrite) {}
  void look(const Format& format, bool log_exists);
  void fence();

  Database database_;
  Catalog catalog_;
  std::optional<std::pair<int64_t, int64_t>> owner_;  // number, nonce
  int64_t log_pages_ = 0;
  bool shrunk_ = false;
  std::optional<Tables> tables_;
  std::optional<Statement> write_chunk_, first_chunk_, erase_chunks_, write_meta_;
  std::optional<Statement> newest_execution_, state_of_meta_;
};

// Whether a file has a log that holds something.
bool has_log(const std::filesystem::path& file);

// Reads the small rows over a connection, and proves them.
Catalog read_catalog(Database& database);

}  // namespace streamhost::recovery
