#include "recovery/schema.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "recovery/table.h"

namespace streamhost::recovery {
namespace {

constexpr const char* kTables[] = {
    "CREATE TABLE meta(store TEXT NOT NULL, dataflow TEXT NOT NULL, part INTEGER NOT NULL, "
    "parts INTEGER NOT NULL, horizon INTEGER NOT NULL, sum INTEGER NOT NULL, "
    "xxh3 INTEGER NOT NULL) STRICT",
    "CREATE TABLE execution(number INTEGER PRIMARY KEY, nonce INTEGER NOT NULL, "
    "started_us INTEGER NOT NULL, resumed_from INTEGER NOT NULL, workers INTEGER NOT NULL, "
    "processes INTEGER NOT NULL, host_version TEXT NOT NULL, xxh3 INTEGER NOT NULL) STRICT",
    "CREATE TABLE epoch(epoch INTEGER PRIMARY KEY, execution INTEGER NOT NULL, "
    "nonce INTEGER NOT NULL, committed_us INTEGER NOT NULL, rows INTEGER NOT NULL, "
    "bytes INTEGER NOT NULL, xxh3 INTEGER NOT NULL) STRICT",
    "CREATE TABLE step(step INTEGER NOT NULL, since INTEGER NOT NULL, name TEXT NOT NULL, "
    "kind INTEGER NOT NULL, component TEXT NOT NULL, state_version INTEGER NOT NULL, "
    "xxh3 INTEGER NOT NULL, PRIMARY KEY(step, since)) STRICT, WITHOUT ROWID",
    "CREATE TABLE run(id INTEGER PRIMARY KEY, step INTEGER NOT NULL, state INTEGER NOT NULL, "
    "first_epoch INTEGER NOT NULL, last_epoch INTEGER NOT NULL, clears INTEGER NOT NULL, "
    "rows INTEGER NOT NULL, erased INTEGER NOT NULL, version INTEGER NOT NULL, "
    "chunks INTEGER NOT NULL, bytes INTEGER NOT NULL, xxh3 INTEGER NOT NULL) STRICT",
    "CREATE TABLE chunk(id INTEGER PRIMARY KEY, data BLOB NOT NULL, xxh3 INTEGER NOT NULL) STRICT",
};

std::string all_tables() {
  std::string result;
  for (const char* table : kTables) (result += table) += ";\n";
  return result;
}

}  // namespace

const Format& current_format() {
  // Version 1 is the first: there is nothing to come from yet.
  static const Format format{.version = 1, .migrations = {}, .schema = all_tables()};
  return format;
}

Outcome sync_directory(const std::filesystem::path& directory) {
  const int handle = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool done = handle >= 0 && ::fsync(handle) == 0;
  const int error = errno;
  if (handle >= 0) ::close(handle);
  if (done) return {};
  return Failure{directory.string() + ": cannot write the directory: " + std::strerror(error)};
}

Outcome make_file(const std::filesystem::path& file, const MetaRow& meta) {
  std::filesystem::path part = file;
  part += ".new";
  for (const char* rest : {"", "-wal", "-shm", "-journal"}) {
    std::filesystem::path old = part;
    std::error_code error;
    std::filesystem::remove(old += rest, error);
  }
  {
    Database database(part, Database::Access::kCreate);
    database.doing("make the file");
    database.execute(("PRAGMA page_size = " + std::to_string(kPageSize)).c_str());
    database.execute("PRAGMA auto_vacuum = INCREMENTAL");
    database.execute("PRAGMA journal_mode = WAL");
    database.execute("BEGIN IMMEDIATE");
    for (const char* table : kTables) database.execute(table);
    insert_row(database, meta);
    database.execute(("PRAGMA application_id = " + std::to_string(kApplication)).c_str());
    database.execute(("PRAGMA user_version = " + std::to_string(current_format().version)).c_str());
    database.execute("COMMIT");
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    if (!database.ok()) {
      Outcome outcome = database.outcome();
      std::error_code error;
      std::filesystem::remove(part, error);
      return outcome;
    }
  }
  // Closing the last connection took the log with it: one file is all there is.
  std::error_code error;
  std::filesystem::rename(part, file, error);
  if (error) return Failure{file.string() + ": cannot make the file: " + error.message()};
  return sync_directory(file.parent_path());
}

void check_version(Database& database, const Format& format, int64_t& version) {
  if (database.number("PRAGMA application_id") != kApplication) {
    return database.damaged("not a file of a recovery store");
  }
  version = database.number("PRAGMA user_version");
  if (!database.ok() || version == format.version) return;
  if (version > format.version) {
    return database.refuse("the file has format version " + std::to_string(version) +
                           ", and this streamhost knows versions up to " +
                           std::to_string(format.version) +
                           " only; use the newer streamhost that wrote it");
  }
  const int64_t oldest = format.migrations.empty() ? format.version : format.migrations[0].from;
  if (version < oldest) {
    database.refuse("the file has format version " + std::to_string(version) +
                    ", and the oldest that can be read is " + std::to_string(oldest) +
                    "; begin anew in another directory");
  }
}

void migrate(Database& database, const Format& format, int64_t version) {
  if (!database.ok() || version == format.version) return;
  database.doing("bring it from format version " + std::to_string(version) + " to " +
                 std::to_string(format.version));
  database.execute("BEGIN IMMEDIATE");
  for (const Migration& migration : format.migrations) {
    if (migration.from < version || !database.ok()) continue;
    migration.run(database);
    database.execute(("PRAGMA user_version = " + std::to_string(migration.from + 1)).c_str());
  }
  database.execute("COMMIT");
}

void check_schema(Database& database, const Format& format) {
  Statement statement(database, "SELECT sql FROM sqlite_schema ORDER BY rowid");
  std::string found;
  while (statement.step()) (found += statement.bytes(0)) += ";\n";
  if (database.ok() && found != format.schema) database.damaged("its tables are not as expected");
}

}  // namespace streamhost::recovery
