// core.enrich_cached through the real host: over a database and over a file, while they change.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>

#include "support/process.h"

namespace streamhost::testing {
namespace {

using Lines = std::vector<std::string>;

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class EnrichCachedInAJob : public ::testing::Test {
 protected:
  EnrichCachedInAJob() {
    run_sql(
        "create table users (id integer primary key, name text, plan text);"
        "insert into users values (1, 'Ann', 'free'), (2, 'Bob', null)");
  }
  void run_sql(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open((folder_ / "users.db").c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  // The manifest of a job that looks up what `options` say; paths are relative to it.
  std::string manifest(const std::string& options) {
    return folder_.write(
        "job.toml",
        "name = \"enrich_cached_test\"\n[source.in]\nuse = \"stdio.lines\"\n"
        "[operator.spread]\nuse = \"core.redistribute\"\nfrom = \"in\"\n"
        "[operator.result]\nuse = \"core.enrich_cached\"\nfrom = \"spread\"\nof = \"/u\"\n"
        "as = \"user\"\n" +
            options + "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"result\"\n");
  }
  RunResult run(const std::string& options, const std::string& input, int workers = 1) {
    RunOptions run;
    run.input = input;
    return streamhost({"-m", manifest(options), "-w", std::to_string(workers)}, run);
  }

  const TempDir folder_;
  const std::string users_ =
      "lookup = { sqlite = \"users.db\", query = \"select name, plan from users where id = ?\" }\n";
};

TEST_F(EnrichCachedInAJob, AddsWhatTheDatabaseSays) {
  const std::string input = "{\"u\":1}\n{\"u\":\"2\"}\n{\"u\":3}\n";
  const std::string ann = "{\"u\":1,\"user\":{\"name\":\"Ann\",\"plan\":\"free\"}}";
  const std::string bob = "{\"u\":\"2\",\"user\":{\"name\":\"Bob\",\"plan\":null}}";
  for (const int workers : {1, 3}) {
    const RunResult passed = run(users_, input, workers);
    EXPECT_EQ(passed.status, 0) << passed.err;
    EXPECT_EQ(sorted_lines(passed.out), (Lines{bob, ann, "{\"u\":3,\"user\":null}"}));
    const RunResult dropped = run(users_ + "missing = \"drop\"\nmax_entries = 1\n", input, workers);
    EXPECT_EQ(sorted_lines(dropped.out), (Lines{bob, ann}));
  }
  const RunResult rejected = run(users_ + "missing = \"reject\"\n", input);
  EXPECT_EQ(rejected.status, 1);
  EXPECT_TRUE(mentions(rejected.err, "the lookup knows nothing about it")) << rejected.err;
}

TEST_F(EnrichCachedInAJob, AsksAgainWhenAnAnswerIsTooOld) {
  Child job({streamhost_path(), "-m", manifest(users_ + "ttl = \"200ms\"\n")});
  job.write_input("{\"u\":1}\n");
  ASSERT_TRUE(job.wait_for_output("\"Ann\"")) << job.err();
  run_sql("update users set name = 'Eve' where id = 1");
  for (int i = 0; i < 400 && !mentions(job.out(), "\"Eve\""); ++i) {
    job.write_input("{\"u\":1}\n");
    job.wait_for_output("\"Eve\"", std::chrono::seconds(1));
  }
  const RunResult done = job.wait();
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(mentions(done.out, "\"Eve\"")) << done.out;
}

TEST_F(EnrichCachedInAJob, ReadsAFileAgainWhenItHasChanged) {
  folder_.write("users.csv", "id,name\n1,Ann\n");
  Child job(
      {streamhost_path(), "-m", manifest("lookup = { path = \"users.csv\" }\nttl = \"100ms\"\n")});
  job.write_input("{\"u\":1}\n");
  ASSERT_TRUE(job.wait_for_output("\"Ann\"")) << job.err();
  std::filesystem::rename(folder_.write("new.csv", "id,name\n1,Eve\n"), folder_ / "users.csv");
  for (int i = 0; i < 50 && !mentions(job.out(), "\"Eve\""); ++i) {
    job.write_input("{\"u\":1}\n");
    job.wait_for_output("\"Eve\"", std::chrono::seconds(1));
  }
  const RunResult done = job.wait();
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(mentions(done.out, "\"Eve\"")) << done.out;
  EXPECT_TRUE(mentions(done.err, "read the lookup file")) << done.err;
}

TEST_F(EnrichCachedInAJob, WhatCannotWorkStopsTheJobBeforeItRuns) {
  const auto refused = [&](const std::string& options, const std::string& message) {
    const RunResult refusal = run(options, "{\"u\":1}\n");
    EXPECT_EQ(refusal.status, 2) << refusal.err;
    EXPECT_EQ(refusal.out, "");
    EXPECT_TRUE(mentions(refusal.err, message)) << refusal.err;
  };
  refused("lookup = { sqlite = \"no.db\", query = \"select ?\" }\n",
          "unable to open database file");
  refused("lookup = { sqlite = \"users.db\", query = \"select a from b where c = ?\" }\n",
          "no such table: b");
  refused("lookup = { sqlite = \"users.db\" }\n", "sqlite needs a query");
  refused("lookup = { path = \"no.csv\" }\n", "No such file or directory");
  refused("lookup = { sqlite = \"users.db\", querry = \"x\" }\n", "did you mean \"query\"?");
  refused("", "lookup");
}

}  // namespace
}  // namespace streamhost::testing
