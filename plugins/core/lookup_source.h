// Where enrich_cached looks things up: a database behind a cache, or a file that may change.
#pragma once

#include <streamhost/sdk.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lookup.h"
#include "lookup_cache.h"
#include "sqlite_query.h"

namespace streamhost::core {

// One for each instance of the step. [worker]
class LookupSource {
 public:
  virtual ~LookupSource() = default;

  // What is known about the key, JSON text; null when nothing is. Valid until the next call. Throws
  // Error when it cannot be found out.
  virtual const std::string* find(std::string_view key, int64_t now_us) = 0;
  // Called behind each batch.
  virtual void batch_done() {}
};

// Asks a query for what the cache does not know, and counts how often.
class CachedQuery : public LookupSource {
 public:
  CachedQuery(const Context& ctx, SqliteQuery query, LookupCache cache);

  const std::string* find(std::string_view key, int64_t now_us) override;
  void batch_done() override;

 private:
  Context ctx_;
  SqliteQuery query_;
  LookupCache cache_;
  uint32_t hits_metric_, misses_metric_;
  uint64_t hits_ = 0, misses_ = 0;  // of this batch
};

// A file that is held whole, and read again when it has changed. While the file cannot be used,
// what it said before goes on to count, and the log says so.
class WatchedFile : public LookupSource {
 public:
  // Reads it. Looks at most every `ttl_us` whether it has changed; 0: never. Throws Error.
  WatchedFile(const Context& ctx, std::string path, Lookup::Format format, std::string column,
              int64_t ttl_us);

  const std::string* find(std::string_view key, int64_t now_us) override;

 private:
  // What tells that a file is another one, or has changed.
  struct Stamp {
    uint64_t device, inode;
    int64_t size, seconds, nanoseconds;
    bool operator==(const Stamp&) const = default;
  };
  static std::optional<Stamp> stamp_of(const std::string& path);
  void look_again();

  Context ctx_;
  const std::string path_;
  const Lookup::Format format_;
  const std::string column_;
  const int64_t ttl_us_;
  int64_t looked_us_;
  std::optional<Stamp> stamp_;
  Lookup lookup_;
};

}  // namespace streamhost::core
