#include "recovery/partition.h"

#include <ctime>

#include "recovery/hash.h"

namespace streamhost::recovery {
namespace {

constexpr int64_t kLogPages = (2 << 20) / kPageSize;  // then the log is moved into the file

void check_integrity(Database& database) {
  // Checksums prove what is read; this proves what will be written into: a free page that is not
  // free would be overwritten. It reads the file once, which resuming does anyway.
  const std::string found = database.text("PRAGMA quick_check(1)");
  if (database.ok() && found != "ok") database.damaged("it is damaged (" + found + ")");
}

std::string time_text(int64_t us) {
  const std::time_t seconds = us / 1'000'000;
  std::tm parts{};
  char text[64] = "?";
  if (::gmtime_r(&seconds, &parts) != nullptr) {
    std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts);
  }
  return text;
}

}  // namespace

bool has_log(const std::filesystem::path& file) {
  std::filesystem::path log = file;
  std::error_code error;
  const auto size = std::filesystem::file_size(log += "-wal", error);
  return !error && size > 0;
}

ChunkReader::ChunkReader(Database& database)
    : database_(database), select_(database, "SELECT data, xxh3 FROM chunk WHERE id = ?") {}

bool ChunkReader::read(int64_t id, std::string& into) {
  select_.bind(id);
  if (!select_.step()) {
    database_.damaged("chunk " + std::to_string(id) + " is missing");
    return false;
  }
  select_.get(0, into);
  const bool proved = chunk_check(id, into) == select_.integer(1);
  select_.reset();
  if (!proved) database_.damaged("chunk " + std::to_string(id) + " has a wrong checksum");
  return proved;
}

Catalog read_catalog(Database& database) {
  Catalog catalog;
  int64_t ignored = 0, sum = 0;
  const std::vector<MetaRow> meta = read_rows<MetaRow>(database, ignored);
  if (database.ok() && meta.size() != 1) database.damaged("table meta has not one row");
  if (!database.ok()) return {};
  catalog.meta = meta[0];
  catalog.executions = read_rows<ExecutionRow>(database, sum);
  catalog.epochs = read_rows<EpochRow>(database, sum);
  catalog.steps = read_rows<StepRow>(database, sum);
  catalog.runs = read_rows<RunRow>(database, sum);
  if (database.ok() && sum != catalog.meta.sum) {
    database.damaged("rows are missing from its tables, or there are too many");
  }
  return catalog;
}

Result<std::unique_ptr<Partition>> Partition::open(const std::filesystem::path& file,
                                                   const Format& format) {
  const bool log_exists = has_log(file);
  std::unique_ptr<Partition> partition(new Partition(file));
  partition->look(format, log_exists);
  if (!partition->database_.ok()) return partition->database_.outcome().failure();
  return partition;
}

void Partition::look(const Format& format, bool log_exists) {
  if (!database_.ok()) return;
  database_.doing("read it");
  // A log that is there stays as it is until begin(). Without one SQLite takes away again, when it
  // closes, what it made in order to look.
  if (log_exists) {
    sqlite3_db_config(database_.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  int64_t version = 0;
  check_version(database_, format, version);
  const std::string mode = database_.text("PRAGMA journal_mode");
  if (database_.ok() && mode != "wal") database_.damaged("its journal mode is not WAL");
  check_integrity(database_);
  migrate(database_, format, version);
  check_schema(database_, format);
  if (database_.ok()) catalog_ = read_catalog(database_);
}

void Partition::start_writing() {
  sqlite3_db_config(database_.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  // FULL, not NORMAL: with NORMAL a power cut could take back an epoch whose sinks have committed.
  database_.execute("PRAGMA synchronous = FULL");
  database_.execute("PRAGMA cache_size = -8192");            // KiB
  database_.execute("PRAGMA journal_size_limit = 2097152");  // what the log keeps once it was moved
  // Instead of moving the log within a commit: see checkpoint().
  sqlite3_wal_hook(
      database_.handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Partition*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  tables_.emplace(database_, catalog_);
  write_chunk_.emplace(database_, "INSERT INTO chunk VALUES(?, ?, ?)");
  first_chunk_.emplace(database_,
                       "SELECT id FROM chunk WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1");
  erase_chunks_.emplace(database_, "DELETE FROM chunk WHERE id BETWEEN ? AND ?");
  write_meta_.emplace(database_, "UPDATE meta SET horizon = ?, sum = ?, xxh3 = ?");
  newest_execution_.emplace(
      database_, "SELECT number, nonce, started_us FROM execution ORDER BY number DESC LIMIT 1");
  state_of_meta_.emplace(database_, "SELECT sum, horizon FROM meta");
}

void Partition::begin() {
  database_.execute("BEGIN IMMEDIATE");
  if (!database_.ok()) return;
  fence();
  // Whoever has the file now must not wait for us.
  if (!database_.ok()) abandon(database_.outcome().failure());
}

// Nobody else can write now, and what is read is the newest there is.
void Partition::fence() {
  const char* const stop = "; this process must stop";
  const auto& executions = catalog_.executions;
  std::pair<int64_t, int64_t> expected;
  if (!executions.empty()) expected = {executions.back().number, executions.back().nonce};
  if (owner_) expected = *owner_;
  std::pair<int64_t, int64_t> newest;
  int64_t started_us = 0;
  newest_execution_->bind();
  if (newest_execution_->step()) {
    newest = {newest_execution_->integer(0), newest_execution_->integer(1)};
    started_us = newest_execution_->integer(2);
  }
  newest_execution_->reset();
  if (newest != expected) {
    return database_.refuse("execution " + std::to_string(newest.first) +
                            " has taken over this store (started " + time_text(started_us) + ")" +
                            stop);
  }
  state_of_meta_->bind();
  const bool same = state_of_meta_->step() && state_of_meta_->integer(0) == catalog_.meta.sum &&
                    state_of_meta_->integer(1) == catalog_.meta.horizon;
  state_of_meta_->reset();
  if (!same) return database_.refuse(std::string("somebody else has written to it") + stop);
  int moved = 0;
  sqlite3_file_control(database_.handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved != 0) {
    database_.refuse(std::string("the file was moved, deleted or replaced while in use") + stop);
  }
}

void Partition::abandon(const Failure& failure) {
  if (in_transaction()) {
    sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  if (database_.ok()) database_.fail(failure);
}

bool Partition::commit() {
  const MetaRow& meta = catalog_.meta;
  write_meta_->run(meta.horizon, meta.sum, check_of(meta));
  database_.execute("COMMIT");
  return database_.ok();
}

void Partition::rollback() {
  if (in_transaction()) {
    sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  database_.forgive();
  // In place: the tables point into it.
  catalog_ = read_catalog(database_);
}

void Partition::write_chunk(int64_t id, std::string_view data) {
  write_chunk_->run(id, Statement::Blob{data}, chunk_check(id, data));
}

int64_t Partition::first_chunk(int64_t first, int64_t last) {
  first_chunk_->bind(first, last);
  const int64_t found = first_chunk_->step() ? first_chunk_->integer(0) : -1;
  first_chunk_->reset();
  return found;
}

int64_t Partition::erase_chunks(int64_t first, int64_t last) {
  erase_chunks_->run(first, last);
  return database_.ok() ? sqlite3_changes64(database_.handle()) : 0;
}

void Partition::checkpoint() {
  // The file itself becomes shorter only when the log is moved.
  if (!database_.ok() || (log_pages_ < kLogPages && !shrunk_)) return;
  shrunk_ = false;
  // What fails here is tried again later: the log keeps everything until then.
  sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                            nullptr);
}

int64_t Partition::excess_pages() {
  const int64_t all = database_.number("PRAGMA page_count");
  const int64_t free = database_.number("PRAGMA freelist_count");
  // Merging needs room for what it writes before it frees what it read: that much may stay.
  return free - 2 * (all - free) - (1 << 20) / kPageSize;
}

void Partition::shrink(int64_t pages) {
  database_.execute(("PRAGMA incremental_vacuum(" + std::to_string(pages) + ")").c_str());
  shrunk_ = true;
}

}  // namespace streamhost::recovery
