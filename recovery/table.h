// Reading and writing the small rows of catalog.h.
#pragma once

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "recovery/catalog.h"
#include "recovery/sqlite.h"

namespace streamhost::recovery {

template <class Row>
std::string insert_sql() {
  std::string sql = "INSERT INTO " + std::string(Row::kTable) + " VALUES(?";
  for (int i = 0; i < Row::kColumns; ++i) sql += ", ?";
  return sql + ")";
}

template <class Row>
void insert_row(Database& database, const Row& row) {
  Statement statement(database, insert_sql<Row>());
  std::apply([&](const auto&... column) { statement.run(column..., check_of(row)); },
             Row::columns(row));
}

// All rows of a table in the order of their keys; each must prove itself, and is added to `sum`.
template <class Row>
std::vector<Row> read_rows(Database& database, int64_t& sum) {
  const std::string table(Row::kTable);
  Statement statement(database, "SELECT * FROM " + table);
  std::vector<Row> result;
  while (statement.step()) {
    Row row;
    std::apply(
        [&](auto&... column) {
          int i = 0;
          (statement.get(i++, column), ...);
        },
        Row::columns(row));
    const int64_t check = check_of(row);
    if (check != statement.integer(Row::kColumns)) {
      database.damaged("a row of table " + table + " has a wrong checksum");
      return {};
    }
    sum = add_checks(sum, check);
    result.push_back(std::move(row));
  }
  return result;
}

// A table that is changed: its statements, made once. The rows in memory follow.
template <class Row>
class Table {
 public:
  Table(Database& database, std::vector<Row>& rows, int64_t& sum)
      : rows_(rows),
        sum_(sum),
        insert_(database, insert_sql<Row>()),
        remove_(database, remove_sql()) {}

  // The row's key is not there yet.
  void insert(const Row& row) {
    write(row);
    auto place = rows_.end();
    while (place != rows_.begin() && before(row, *std::prev(place))) --place;
    rows_.insert(place, row);
  }

  // Removes the rows that `which` says true of.
  template <class Which>
  void remove_if(Which&& which) {
    std::erase_if(rows_, [&](const Row& row) {
      if (!which(row)) return false;
      remove(row);
      return true;
    });
  }

  // Lets `how` change the rows that `which` says true of; keys stay as they are.
  template <class Which, class How>
  void change_if(Which&& which, How&& how) {
    for (Row& row : rows_) {
      if (!which(row)) continue;
      remove(row);
      how(row);
      write(row);
    }
  }

 private:
  static std::string remove_sql() {
    const std::string table(Row::kTable);
    if constexpr (std::is_same_v<Row, StepRow>) {
      return "DELETE FROM step WHERE step = ? AND since = ?";
    } else {
      // The first column of the others is their row id.
      return "DELETE FROM " + table + " WHERE rowid = ?";
    }
  }

  static bool before(const Row& a, const Row& b) {
    if constexpr (Row::kKeys == 1) {
      return std::get<0>(Row::columns(a)) < std::get<0>(Row::columns(b));
    } else {
      return std::tie(a.step, a.since) < std::tie(b.step, b.since);
    }
  }

  void write(const Row& row) {
    const int64_t check = check_of(row);
    std::apply([&](const auto&... column) { insert_.run(column..., check); }, Row::columns(row));
    sum_ = add_checks(sum_, check);
  }

  void remove(const Row& row) {
    sum_ = subtract_checks(sum_, check_of(row));
    if constexpr (Row::kKeys == 1) {
      remove_.run(std::get<0>(Row::columns(row)));
    } else {
      remove_.run(row.step, row.since);
    }
  }

  std::vector<Row>& rows_;
  int64_t& sum_;
  Statement insert_, remove_;
};

}  // namespace streamhost::recovery
