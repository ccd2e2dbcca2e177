#include "enrich_cached.h"

#include "json/scalar.h"

namespace streamhost::core {
namespace {

std::unique_ptr<LookupSource> source_of(const Context& ctx, const Config& config) {
  const auto table = config.table("lookup");
  if (!table) throw config_error("option \"lookup\" is missing");  // the host has checked it
  const Config& lookup = *table;
  const bool sqlite = lookup.has("sqlite"), file = lookup.has("path");
  if (sqlite == file) {
    throw config_error(
        "lookup must say either sqlite = \"FILE\" with query = \"select …\", or path = \"FILE\"");
  }
  const int64_t ttl_us = config.integer("ttl");
  if (file) {
    for (const char* option : {"query", "rows"}) {
      if (lookup.has(option)) {
        throw config_error(std::string("lookup: \"") + option + "\" is for sqlite, not for a file");
      }
    }
    const std::string path = lookup.str("path");
    return std::make_unique<WatchedFile>(ctx, path, Lookup::format_of(lookup.str("format"), path),
                                         lookup.str("column"), ttl_us);
  }
  if (!lookup.has("query")) {
    throw config_error(
        "lookup: sqlite needs a query with one parameter, query = \"select … where id = ?\"");
  }
  if (lookup.has("column") || lookup.str("format") != "auto") {
    throw config_error("lookup: \"format\" and \"column\" are for a file, not for sqlite");
  }
  return std::make_unique<CachedQuery>(
      ctx,
      SqliteQuery(
          lookup.str("sqlite"), lookup.str("query"),
          lookup.find("rows") == "all" ? SqliteQuery::Rows::kAll : SqliteQuery::Rows::kFirst),
      LookupCache(static_cast<size_t>(config.integer("max_entries")), ttl_us));
}

}  // namespace

EnrichCached::EnrichCached(const Context& ctx, const Config& config)
    : ctx_(ctx), writer_(ctx, config), source_(source_of(ctx, config)) {
  if (config.has("of")) {
    reader_ = std::make_unique<json::FieldReader>(std::vector<std::string>{config.str("of")});
  }
}

void EnrichCached::process(const Batch& in, Out& out) {
  now_us_ = ctx_.now_us();
  if (reader_ != nullptr) {
    look_up_fields(in, out);
  } else {
    for (const Record r : in) {
      if (r.has_key()) {
        look_up(r.raw(), r.key(), out);
      } else {
        writer_.missing(r.raw(), "the record has no key to look up", out);
      }
    }
  }
  source_->batch_done();
}

void EnrichCached::look_up(const sh_record& record, std::string_view key, Out& out) {
  const std::string* match = nullptr;
  try {
    match = source_->find(key, now_us_);
  } catch (const Error& e) {
    if (e.status() != SH_E_DATA) throw;
    return reject(record, e.what(), out);
  }
  if (match != nullptr) {
    writer_.found(record, *match, out);
  } else {
    writer_.missing(record, "the lookup knows nothing about it", out);
  }
}

void EnrichCached::look_up_fields(const Batch& in, Out& out) {
  reader_->read(
      in,
      [&](uint32_t i, const json::Field* fields) {
        const sh_record& record = in.raw().records[i];
        const json::Field& field = fields[0];
        if (field.absent()) {
          return writer_.missing(record, "the field to look up is not there", out);
        }
        if (field.kind != json::Kind::kString || field.text.find('\\') == std::string_view::npos) {
          return look_up(record, field.text, out);
        }
        scratch_.resize(field.text.size());
        const auto size = json::unescape(field.text, scratch_.data());
        if (!size) return reject(record, "the field to look up has an escape that is none", out);
        look_up(record, std::string_view(scratch_.data(), *size), out);
      },
      [&](uint32_t i, std::string_view problem) {
        const sh_record& record = in.raw().records[i];
        if (Record(record).has_value()) {
          reject(record, "the value " + std::string(problem), out);
        } else {
          writer_.missing(record, "the record has no value, so the field to look up is not there",
                          out);
        }
      });
}

void EnrichCached::reject(const sh_record& record, std::string_view why, Out& out) {
  out.flush();
  ctx_.reject(record, why);
}

Component enrich_cached_component() {
  std::vector<Option> lookup = Lookup::options(false);
  lookup.insert(
      lookup.begin(),
      {option("sqlite", Type::string, "the SQLite database to ask").path(),
       option("query", Type::string,
              "of sqlite: what to ask; its one parameter is what is looked up"),
       option("rows", Type::string,
              "of sqlite: take the \"first\" row, an object (default), or \"all\" of them, "
              "an array")
           .choices({"first", "all"})});
  std::vector<Option> options;
  options.push_back(option("lookup", Type::table,
                           "where to look: { sqlite = …, query = … } or { path = … }, a file as of "
                           "core.enrich")
                        .required()
                        .fields(std::move(lookup)));
  options.push_back(option("of", Type::string,
                           "JSON Pointer to what is looked up, as \"/user\"; without it the key"));
  options.push_back(option("ttl", Type::duration,
                           "how long an answer of the database counts, or how often to look "
                           "whether the file has changed; 0s: for ever, never")
                        .otherwise("5m")
                        .at_least(0));
  options.push_back(
      option("max_entries", Type::integer, "of sqlite: the most answers that each worker keeps")
          .otherwise("10000")
          .at_least(1));
  for (Option& o : MatchWriter::options(
           "for what the lookup does not know: \"pass\" adds null, \"drop\", \"reject\"")) {
    options.push_back(std::move(o));
  }
  return op<EnrichCached>("enrich_cached")
      .summary("Adds what a database, or a file that may change, says about each record")
      .options(std::move(options));
}

}  // namespace streamhost::core
