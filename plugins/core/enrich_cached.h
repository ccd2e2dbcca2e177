// enrich_cached: joins each record with what a database, or a file that may change, says about it.
#pragma once

#include <streamhost/sdk.hpp>

#include <memory>
#include <vector>

#include "json/field_reader.h"
#include "lookup_source.h"
#include "match_writer.h"

namespace streamhost::core {

class EnrichCached {
 public:
  // Opens the database or reads the file. Throws Error when it cannot be used.
  EnrichCached(const Context& ctx, const Config& config);

  void process(const Batch& in, Out& out);

 private:
  void look_up(const sh_record& record, std::string_view key, Out& out);
  // With `of`: looks up what a field says.
  void look_up_fields(const Batch& in, Out& out);
  void reject(const sh_record& record, std::string_view why, Out& out);

  Context ctx_;
  MatchWriter writer_;
  std::unique_ptr<LookupSource> source_;
  std::unique_ptr<json::FieldReader> reader_;  // null: the key is looked up
  int64_t now_us_ = 0;                         // of this batch
  std::string scratch_;
};

Component enrich_cached_component();

}  // namespace streamhost::core
