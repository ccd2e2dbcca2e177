// A file as it is at one instant, looked at without locks while a job may be writing to it.
#pragma once

#include <filesystem>

#include "recovery/catalog.h"
#include "recovery/sqlite.h"

namespace streamhost::recovery {

class Snapshot {
 public:
  // Opens the file; database() says whether that worked. Writes nothing.
  explicit Snapshot(const std::filesystem::path& file);

  // From here on the file, and what is read over database(), is seen as it is now. Once more: as it
  // is then.
  void begin();
  // Reads and proves the small rows as of begin().
  void read();
  // Instead of the rows there is one of these, when read() found that the file is of an older
  // format; else 0.
  int64_t older_version() const { return older_; }

  Database& database() { return database_; }
  const Catalog& catalog() const { return catalog_; }

 private:
  Database database_;
  Catalog catalog_;
  int64_t older_ = 0;
};

}  // namespace streamhost::recovery
