#include "recovery/snapshot.h"

#include "recovery/partition.h"
#include "recovery/schema.h"

namespace streamhost::recovery {

Snapshot::Snapshot(const std::filesystem::path& file)
    : database_(file, Database::Access::kReadWrite) {
  if (!database_.ok()) return;
  database_.doing("read it");
  // Nothing is written, nor is a log moved into its file when this was the last connection.
  if (has_log(file)) {
    sqlite3_db_config(database_.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  database_.execute("PRAGMA query_only = ON");
}

void Snapshot::begin() {
  if (database_.in_transaction()) database_.execute("ROLLBACK");
  database_.execute("BEGIN");
  database_.execute("SELECT 1 FROM sqlite_schema LIMIT 1");
}

void Snapshot::read() {
  if (!database_.ok()) return;
  int64_t version = 0;
  check_version(database_, current_format(), version);
  if (database_.ok() && version != current_format().version) {
    older_ = version;
    return;
  }
  const std::string mode = database_.text("PRAGMA journal_mode");
  if (database_.ok() && mode != "wal") database_.damaged("its journal mode is not WAL");
  check_schema(database_, current_format());
  catalog_ = database_.ok() ? read_catalog(database_) : Catalog();
}

}  // namespace streamhost::recovery
