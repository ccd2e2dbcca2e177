#include "sqlite_query.h"

#include <sqlite3.h>
#include <streamhost/sdk.hpp>

#include <algorithm>
#include <cmath>

#include "common/json_string.h"
#include "common/json_text.h"
#include "common/number.h"
#include "printable.h"

namespace streamhost::core {
namespace {

constexpr int kBusyMs = 1000;
// A value has to fit into 32 bits, and into memory.
constexpr size_t kMostBytes = size_t{64} << 20;

}  // namespace

void SqliteQuery::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }
void SqliteQuery::Close::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

SqliteQuery::SqliteQuery(std::string path, std::string sql, Rows rows)
    : path_(std::move(path)), sql_(std::move(sql)), rows_(rows) {
  open();
}

std::string SqliteQuery::where() const { return "the lookup database " + path_; }

std::string SqliteQuery::failure() const { return where() + ": " + sqlite3_errmsg(db_.get()); }

void SqliteQuery::open() {
  statement_.reset();
  sqlite3* db = nullptr;
  const int opened =
      sqlite3_open_v2(path_.c_str(), &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  db_.reset(db);
  if (opened != SQLITE_OK) {
    throw config_error("cannot open " + where() + ": " +
                       (db == nullptr ? "out of memory" : sqlite3_errmsg(db)));
  }
  sqlite3_busy_timeout(db, kBusyMs);
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const int prepared = sqlite3_prepare_v3(db, sql_.c_str(), static_cast<int>(sql_.size()) + 1,
                                          SQLITE_PREPARE_PERSISTENT, &statement, &rest);
  statement_.reset(statement);
  if (prepared != SQLITE_OK) {
    const int at = sqlite3_error_offset(db);
    throw config_error(failure() +
                       (at < 0 ? "" : ", at byte " + std::to_string(at) + " of the query"));
  }
  const std::string_view left(rest);
  const bool more = left.find_first_not_of(" \t\r\n;") != std::string_view::npos;
  if (statement == nullptr || more) {
    throw config_error("option \"query\" must be one SQL statement" +
                       (more ? ", and behind it comes " + printable(left, 40) : std::string()));
  }
  check_statement();
}

void SqliteQuery::check_statement() {
  sqlite3_stmt* const s = statement_.get();
  const int columns = sqlite3_column_count(s);
  if (sqlite3_stmt_readonly(s) == 0 || columns == 0) {
    throw config_error("option \"query\" must be a select: \"" + printable(sql_, 80) +
                       "\" gives no rows");
  }
  const int parameters = sqlite3_bind_parameter_count(s);
  if (parameters != 1) {
    throw config_error(
        "option \"query\" must have one parameter, where what is looked up goes: "
        "\"select … where id = ?\"; it has " +
        std::to_string(parameters));
  }
  std::vector<std::string> names;
  for (int c = 0; c < columns; ++c) {
    std::string& name = names.emplace_back();
    plugin_common::append_json_string(name, sqlite3_column_name(s, c));
    if (std::count(names.begin(), names.end(), name) > 1) {
      throw config_error("option \"query\" gives two columns called " + name +
                         ": name one of them otherwise, with \"… as other_name\"");
    }
  }
  for (std::string& name : names) name += ':';
  names_ = std::move(names);
}

bool SqliteQuery::has_moved() const {
  int moved = 0;
  return sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
         moved != 0;
}

std::optional<std::string> SqliteQuery::ask(std::string_view parameter) {
  if (has_moved()) {
    try {
      open();
    } catch (const Error& e) {
      throw unavailable(e.what());  // it was fine when the job began
    }
  }
  sqlite3_stmt* const s = statement_.get();
  // A row is read to its end here, so that no read transaction stays open between calls.
  struct Reset {
    sqlite3_stmt* statement;
    ~Reset() {
      sqlite3_reset(statement);
      sqlite3_clear_bindings(statement);
    }
  } reset{s};
  if (sqlite3_bind_text64(s, 1, parameter.data() == nullptr ? "" : parameter.data(),
                          parameter.size(), SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK) {
    throw unavailable(failure());
  }
  std::string json;
  for (;;) {
    const int status = sqlite3_step(s);
    if (status == SQLITE_DONE) break;
    if (status == SQLITE_BUSY) {
      throw unavailable(where() +
                        " is locked by somebody who writes to it for more than a second: keep "
                        "transactions there short, or use journal_mode = wal");
    }
    if (status != SQLITE_ROW) throw unavailable(failure());
    if (rows_ == Rows::kAll) json += json.empty() ? '[' : ',';
    append_row(json);
    if (rows_ == Rows::kFirst) return json;
    if (json.size() > kMostBytes) {
      throw bad_data("what the query finds for \"" + printable(parameter, 80) +
                     "\" has more than 64 MiB");
    }
  }
  if (json.empty()) return std::nullopt;
  json += ']';
  return json;
}

void SqliteQuery::append_row(std::string& json) const {
  sqlite3_stmt* const s = statement_.get();
  json += '{';
  for (int c = 0; c < static_cast<int>(names_.size()); ++c) {
    const std::string& name = names_[static_cast<size_t>(c)];
    if (c != 0) json += ',';
    json += name;
    char number[plugin_common::kNumberRoom];
    switch (sqlite3_column_type(s, c)) {
      case SQLITE_INTEGER: json += std::to_string(sqlite3_column_int64(s, c)); break;
      case SQLITE_FLOAT:
        json.append(number,
                    static_cast<size_t>(
                        plugin_common::write_double(number, sqlite3_column_double(s, c)) - number));
        break;
      case SQLITE_TEXT: {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(s, c));
        const auto size = static_cast<size_t>(sqlite3_column_bytes(s, c));
        plugin_common::append_json_string(json, {text, size});
        break;
      }
      case SQLITE_BLOB:
        throw bad_data("column " + name.substr(0, name.size() - 1) +
                       " is a blob, which JSON cannot say: write hex(…) as … in the query");
      default: json += "null";
    }
  }
  json += '}';
}

}  // namespace streamhost::core
