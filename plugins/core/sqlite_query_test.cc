#include "sqlite_query.h"

#include <gtest/gtest.h>

#include <fstream>
#include <streamhost/sdk/error.hpp>

#include "test_database.h"

namespace streamhost::core {
namespace {

using Rows = SqliteQuery::Rows;

constexpr const char* kUsers =
    "create table users (id integer primary key, name text, score real, note);"
    "insert into users values (1, 'Ann \"A\"', 1.5, null), (2, 'Bob', 2, x'01');"
    "create table tags (user, tag); insert into tags values ('1', 'x'), ('1', 'y')";

std::string ask(SqliteQuery& query, std::string_view parameter) {
  try {
    return query.ask(parameter).value_or("(nothing)");
  } catch (const Error& e) {
    return std::string("error: ") + e.what();
  }
}

class SqliteQueryTest : public ::testing::Test {
 protected:
  std::string error_of(const std::string& sql) { return error_of(users_.path(), sql); }
  static std::string error_of(const std::string& path, const std::string& sql) {
    try {
      const SqliteQuery query(path, sql, Rows::kFirst);
      return "(none)";
    } catch (const Error& e) {
      EXPECT_EQ(e.status(), SH_E_CONFIG);
      return e.what();
    }
  }
  TestDatabase users_{kUsers};
};

TEST_F(SqliteQueryTest, ARowBecomesAnObject) {
  SqliteQuery query(users_.path(), "select * from users where id = ?", Rows::kFirst);
  EXPECT_EQ(ask(query, "1"), "{\"id\":1,\"name\":\"Ann \\\"A\\\"\",\"score\":1.5,\"note\":null}");
  EXPECT_EQ(ask(query, "3"), "(nothing)");
  EXPECT_EQ(ask(query, ""), "(nothing)");
  EXPECT_EQ(ask(query, "1 or 1=1"), "(nothing)");
}

TEST_F(SqliteQueryTest, OfSeveralRowsTheFirstOrAllAreTaken) {
  const std::string sql = "select tag from tags where user = ? order by tag desc";
  SqliteQuery first(users_.path(), sql, Rows::kFirst), all(users_.path(), sql, Rows::kAll);
  EXPECT_EQ(ask(first, "1"), "{\"tag\":\"y\"}");
  EXPECT_EQ(ask(all, "1"), "[{\"tag\":\"y\"},{\"tag\":\"x\"}]");
  EXPECT_EQ(ask(all, "2"), "(nothing)");
}

TEST_F(SqliteQueryTest, WhatIsWrittenLaterIsSeen) {
  SqliteQuery query(users_.path(), "select name from users where id = ?", Rows::kFirst);
  EXPECT_EQ(ask(query, "2"), "{\"name\":\"Bob\"}");
  users_.run("update users set name = 'Rob' where id = 2; alter table users add column more");
  EXPECT_EQ(ask(query, "2"), "{\"name\":\"Rob\"}");
}

TEST_F(SqliteQueryTest, ADatabaseThatIsReplacedIsOpenedAnew) {
  SqliteQuery query(users_.path(), "select name from users where id = ?", Rows::kFirst);
  EXPECT_EQ(ask(query, "2"), "{\"name\":\"Bob\"}");
  TestDatabase other("create table users (id integer, name); insert into users values (2, 'Zoe')",
                     "other");
  ASSERT_EQ(std::rename(other.path().c_str(), users_.path().c_str()), 0);
  EXPECT_EQ(ask(query, "2"), "{\"name\":\"Zoe\"}");
  ASSERT_EQ(std::remove(users_.path().c_str()), 0);
  EXPECT_NE(ask(query, "2").find("unable to open database file"), std::string::npos);
}

TEST_F(SqliteQueryTest, TextIsComparedWithNumbersWhereTheColumnIsOne) {
  users_.run("create table loose (id, name); insert into loose values (2, 'Zoe')");
  SqliteQuery loose(users_.path(), "select name from loose where id = ?", Rows::kFirst);
  EXPECT_EQ(ask(loose, "2"), "(nothing)");  // the column has no type
  SqliteQuery cast(users_.path(), "select name from loose where id = cast(? as integer)",
                   Rows::kFirst);
  EXPECT_EQ(ask(cast, "2"), "{\"name\":\"Zoe\"}");
}

TEST_F(SqliteQueryTest, ABlobIsABadRecord) {
  SqliteQuery query(users_.path(), "select note from users where id = ?", Rows::kFirst);
  EXPECT_EQ(ask(query, "2"),
            "error: column \"note\" is a blob, which JSON cannot say: write hex(…) as … in the "
            "query");
  EXPECT_EQ(ask(query, "1"), "{\"note\":null}");
}

TEST_F(SqliteQueryTest, ALockIsWaitedForAndThenToldOf) {
  SqliteQuery query(users_.path(), "select name from users where id = ?", Rows::kFirst);
  users_.run("begin exclusive");
  EXPECT_NE(ask(query, "1").find("is locked by somebody who writes to it for more than a second"),
            std::string::npos);
  users_.run("commit");
  EXPECT_EQ(ask(query, "2"), "{\"name\":\"Bob\"}");
}

TEST_F(SqliteQueryTest, WhatCannotWorkIsRefusedAtOnce) {
  const std::string db = "the lookup database " + users_.path() + ": ";
  EXPECT_EQ(error_of("select name from user where id = ?"), db + "no such table: user");
  EXPECT_EQ(error_of("selct 1"), db + "near \"selct\": syntax error, at byte 0 of the query");
  EXPECT_EQ(error_of(""), "option \"query\" must be one SQL statement");
  EXPECT_EQ(error_of("select ?; select 2"),
            "option \"query\" must be one SQL statement, and behind it comes  select 2");
  EXPECT_EQ(error_of("select ? as a; "), "(none)");
  EXPECT_EQ(error_of("select 1"),
            "option \"query\" must have one parameter, where what is looked up goes: \"select … "
            "where id = ?\"; it has 0");
  EXPECT_EQ(error_of("delete from users where id = ?"),
            "option \"query\" must be a select: \"delete from users where id = ?\" gives no rows");
  EXPECT_EQ(error_of("select a.id, b.id from users a, users b where a.id = ?"),
            "option \"query\" gives two columns called \"id\": name one of them otherwise, with "
            "\"… as other_name\"");
  EXPECT_EQ(error_of("/no/such/file.db", "select ?"),
            "cannot open the lookup database /no/such/file.db: unable to open database file");
}

TEST_F(SqliteQueryTest, AFileThatIsNoDatabaseIsRefused) {
  TestDatabase none("", "none");
  std::ofstream(none.path()) << "id,name\n1,Ann\n" << std::string(2000, 'x');
  EXPECT_EQ(error_of(none.path(), "select name from users where id = ?"),
            "the lookup database " + none.path() + ": file is not a database");
}

}  // namespace
}  // namespace streamhost::core
