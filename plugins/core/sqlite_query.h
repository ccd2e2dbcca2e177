// One query with one parameter, over a SQLite database that somebody else keeps.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace streamhost::core {

// Reads only. Each instance has a connection of its own. Move-only; not for several threads at
// once.
//
// Rows become JSON objects, their members in the query's order: integers and reals as numbers, text
// as strings, NULL as null.
class SqliteQuery {
 public:
  enum class Rows {
    kFirst,  // the first row; nothing when there is none
    kAll,    // an array of all rows; nothing when there is none
  };

  // Opens the database and prepares the query. Throws a config_error for a file that is none, for
  // SQL that is wrong, changes something or has not exactly one parameter, and for columns without
  // names of their own.
  SqliteQuery(std::string path, std::string sql, Rows rows);
  SqliteQuery(SqliteQuery&&) noexcept = default;

  // What the query gives for the text as its parameter. A database that was replaced by another
  // file is opened anew. Throws Error: when it is locked for more than a second, broken, or a row
  // has something that JSON cannot say.
  std::optional<std::string> ask(std::string_view parameter);

 private:
  struct Close {
    void operator()(sqlite3* db) const;
    void operator()(sqlite3_stmt* statement) const;
  };

  void open();
  void check_statement();
  bool has_moved() const;
  void append_row(std::string& json) const;
  std::string where() const;  // for messages: the file
  std::string failure() const;

  std::string path_, sql_;
  Rows rows_;
  std::unique_ptr<sqlite3, Close> db_;
  std::unique_ptr<sqlite3_stmt, Close> statement_;  // goes before db_
  std::vector<std::string> names_;                  // of the columns, as JSON with the colon
};

}  // namespace streamhost::core
