// A thin layer over SQLite: connections and statements that close themselves, and one rule for
// errors: the first one stays with its connection, everything after it does nothing, and whoever
// uses the connection looks at outcome() where it matters.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "recovery/result.h"

namespace streamhost::recovery {

// A connection to one file. Used by one thread at a time.
class Database {
 public:
  enum class Access { kRead, kReadWrite, kCreate };

  // Opens; outcome() says whether that worked.
  Database(std::filesystem::path file, Access access);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::filesystem::path& file() const { return file_; }
  sqlite3* handle() const { return handle_.get(); }

  bool ok() const { return static_cast<bool>(outcome_); }
  const Outcome& outcome() const { return outcome_; }
  // What is being tried, for messages: "write epoch 12".
  void doing(std::string what) { doing_ = std::move(what); }
  void fail(const Failure& failure) { outcome_ = failure; }
  // The last call failed.
  void failed(int code);
  // The content is not what was once written.
  void damaged(std::string_view what);
  // The content cannot be used; `why` says what to do about it.
  void refuse(std::string_view why);
  // It failed because there is no room.
  bool full() const { return !ok() && full_; }
  // Makes it usable again after a failure that was undone.
  void forgive() { outcome_ = {}, full_ = false; }

  void execute(const char* sql);
  // The first column of the first row; 0 when there is none.
  int64_t number(const char* sql);
  std::string text(const char* sql);

  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::filesystem::path file_;
  std::string doing_ = "open it";
  std::unique_ptr<sqlite3, Close> handle_;
  Outcome outcome_;
  bool full_ = false;
};

// A prepared statement of a connection, which outlives it.
class Statement {
 public:
  Statement(Database& database, const std::string& sql);

  // Binds all parameters, in order, and starts again. Text and bytes must live until the statement
  // is run again or reset.
  template <class... Values>
  void bind(const Values&... values) {
    reset();
    [[maybe_unused]] int index = 0;
    (bind_one(++index, values), ...);
  }
  // True when there is a row; false at the end and on failure.
  bool step();
  // Binds, runs to the end, resets.
  template <class... Values>
  void run(const Values&... values) {
    bind(values...);
    while (step()) {
    }
    reset();
  }
  void reset();

  // Of the current row.
  int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  std::string_view bytes(int column) const;
  // Out of a column into a field, whatever its type.
  void get(int column, std::string& into) const { into = bytes(column); }
  void get(int column, std::integral auto& into) const {
    into = static_cast<std::remove_reference_t<decltype(into)>>(integer(column));
  }

  struct Blob {
    std::string_view bytes;
  };
  void bind_one(int index, std::integral auto value) {
    bind_integer(index, static_cast<int64_t>(value));
  }
  void bind_one(int index, std::string_view text);
  void bind_one(int index, const Blob& blob);

 private:
  void bind_integer(int index, int64_t value);

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace streamhost::recovery
