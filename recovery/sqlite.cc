#include "recovery/sqlite.h"

#include <cerrno>
#include <cstring>

namespace streamhost::recovery {
namespace {

// What a person can do about it.
const char* advice(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return "make room and start again";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN: return "give this user the right to read and write it";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another program is using the file: stop it";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:
      return "the file is damaged: restore the whole directory from a copy, or begin anew in "
             "another one";
    case SQLITE_NOMEM: return "there is not enough memory";
    default: return "look at the disk it is on, then start again";
  }
}

}  // namespace

Database::Database(std::filesystem::path file, Access access) : file_(std::move(file)) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= access == Access::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (access == Access::kCreate) flags |= SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file_.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) {
    failed(code);
    return;
  }
  sqlite3_busy_timeout(handle, 2000);
  // Nothing that a file holds may run: no functions and triggers in a schema somebody else wrote.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
}

void Database::failed(int code) {
  const int last = errno;
  if (!ok()) return;
  std::string message = file_.string() + ": cannot " + doing_ + ": ";
  const int kind = code & 0xff;
  if (handle_ != nullptr && (sqlite3_errcode(handle_.get()) & 0xff) == kind) {
    message += sqlite3_errmsg(handle_.get());
  } else {
    message += sqlite3_errstr(code);
  }
  int system = handle_ == nullptr ? 0 : sqlite3_system_errno(handle_.get());
  if (system == 0) system = last;  // not every path within SQLite notes it
  if (system != 0 && (kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN || kind == SQLITE_FULL)) {
    message += std::string(" (") + std::strerror(system) + ")";
  }
  full_ = kind == SQLITE_FULL ||
          (kind == SQLITE_IOERR && (system == ENOSPC || system == EFBIG || system == EDQUOT));
  outcome_ = Failure{message + "; " + advice(full_ ? SQLITE_FULL : code)};
}

void Database::damaged(std::string_view what) {
  if (!ok()) return;
  outcome_ = Failure{file_.string() + ": " + std::string(what) + "; " + advice(SQLITE_CORRUPT)};
}

void Database::refuse(std::string_view why) {
  if (ok()) outcome_ = Failure{file_.string() + ": " + std::string(why)};
}

void Database::execute(const char* sql) {
  if (!ok()) return;
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) failed(code);
}

int64_t Database::number(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::string Database::text(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? std::string(statement.bytes(0)) : std::string();
}

Statement::Statement(Database& database, const std::string& sql) : database_(database) {
  if (!database_.ok()) return;
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.handle(), sql.c_str(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  if (code != SQLITE_OK) database_.failed(code);
}

bool Statement::step() {
  if (!database_.ok()) return false;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.failed(code);
  return false;
}

void Statement::reset() {
  if (statement_ != nullptr) sqlite3_reset(statement_.get());
}

std::string_view Statement::bytes(int column) const {
  // SQLite wants the content asked for before its size.
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return {bytes, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Statement::bind_integer(int index, int64_t value) {
  if (!database_.ok()) return;
  const int code = sqlite3_bind_int64(statement_.get(), index, value);
  if (code != SQLITE_OK) database_.failed(code);
}

void Statement::bind_one(int index, std::string_view text) {
  if (!database_.ok()) return;
  const int code =
      sqlite3_bind_text64(statement_.get(), index, text.data() == nullptr ? "" : text.data(),
                          text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) database_.failed(code);
}

void Statement::bind_one(int index, const Blob& blob) {
  if (!database_.ok()) return;
  const int code = sqlite3_bind_blob64(statement_.get(), index, blob.bytes.data(),
                                       blob.bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) database_.failed(code);
}

}  // namespace streamhost::recovery
