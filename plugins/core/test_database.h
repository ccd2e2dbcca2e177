// A SQLite database of its own for one test.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace streamhost::core {

class TestDatabase {
 public:
  // Removed with this.
  explicit TestDatabase(const std::string& sql = "", const std::string& name = "lookup")
      : path_(::testing::TempDir() + std::to_string(::getpid()) + "-streamhost-" + name + ".db") {
    std::remove(path_.c_str());
    if (!sql.empty()) run(sql);
  }
  ~TestDatabase() {
    sqlite3_close(db_);
    std::remove(path_.c_str());
  }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& path() const { return path_; }
  void run(const std::string& sql) {
    if (db_ == nullptr) {
      EXPECT_EQ(sqlite3_open(path_.c_str(), &db_), SQLITE_OK);
    }
    char* problem = nullptr;
    EXPECT_EQ(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &problem), SQLITE_OK) << problem;
    sqlite3_free(problem);
  }

 private:
  std::string path_;
  sqlite3* db_ = nullptr;
};

}  // namespace streamhost::core
