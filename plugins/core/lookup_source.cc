#include "lookup_source.h"

#include <sys/stat.h>

namespace streamhost::core {

CachedQuery::CachedQuery(const Context& ctx, SqliteQuery query, LookupCache cache)
    : ctx_(ctx),
      query_(std::move(query)),
      cache_(std::move(cache)),
      hits_metric_(ctx.metric(SH_METRIC_COUNTER, "cache_hits",
                              "Lookups that were answered out of the cache")),
      misses_metric_(ctx.metric(SH_METRIC_COUNTER, "cache_misses",
                                "Lookups for which the database was asked")) {}

const std::string* CachedQuery::find(std::string_view key, int64_t now_us) {
  const LookupCache::Answer* answer = cache_.find(key, now_us);
  if (answer != nullptr) {
    ++hits_;
  } else {
    ++misses_;
    answer = &cache_.put(key, query_.ask(key), now_us);
  }
  return *answer ? &**answer : nullptr;
}

void CachedQuery::batch_done() {
  if (hits_ != 0) ctx_.record(hits_metric_, static_cast<double>(hits_));
  if (misses_ != 0) ctx_.record(misses_metric_, static_cast<double>(misses_));
  hits_ = misses_ = 0;
}

WatchedFile::WatchedFile(const Context& ctx, std::string path, Lookup::Format format,
                         std::string column, int64_t ttl_us)
    : ctx_(ctx),
      path_(std::move(path)),
      format_(format),
      column_(std::move(column)),
      ttl_us_(ttl_us),
      looked_us_(ctx.now_us()),
      stamp_(stamp_of(path_)),
      lookup_(Lookup::read(path_, format_, column_)) {}

const std::string* WatchedFile::find(std::string_view key, int64_t now_us) {
  if (ttl_us_ != 0 && now_us - looked_us_ >= ttl_us_) {
    looked_us_ = now_us;
    look_again();
  }
  return lookup_.find(key);
}

void WatchedFile::look_again() {
  const std::optional<Stamp> stamp = stamp_of(path_);
  if (stamp == stamp_) return;
  stamp_ = stamp;  // whatever comes of it: a file that is broken is complained of once
  try {
    lookup_ = Lookup::read(path_, format_, column_);
    ctx_.info("read the lookup file " + path_ + " again: " + std::to_string(lookup_.size()) +
              " keys");
  } catch (const Error& e) {
    ctx_.warn(std::string(e.what()) +
              "; what the lookup file said before goes on to count until it is mended");
  }
}

std::optional<WatchedFile::Stamp> WatchedFile::stamp_of(const std::string& path) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0) return std::nullopt;
  return Stamp{s.st_dev, s.st_ino, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec};
}

}  // namespace streamhost::core
