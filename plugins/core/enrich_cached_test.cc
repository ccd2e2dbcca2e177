#include "enrich_cached.h"

#include <gtest/gtest.h>

#include <fstream>

#include "step_host.h"
#include "test_database.h"

namespace streamhost::core {
namespace {

using Texts = std::vector<std::string>;
using Records = std::vector<std::pair<std::string, std::string>>;
constexpr const char* kQuery = "select name from users where id = ?";

class EnrichCachedTest : public ::testing::Test {
 protected:
  EnrichCachedTest() {
    options = {
        {"ttl", {"1000"}}, {"max_entries", {"100"}}, {"as", {"user"}}, {"missing", {"pass"}}};
  }
  ~EnrichCachedTest() override { std::remove(file_.c_str()); }

  EnrichCached& step() {
    if (!step_) {
      host.options = options;
      step_.emplace(host.context(), host.config());
    }
    return *step_;
  }
  EnrichCached& step_over_users() {
    lookup()["sqlite"] = {users_.path()};
    lookup()["query"] = {kQuery};
    return step();
  }
  plugin_common::TestOptions& lookup() {
    auto& table = options.table("lookup");
    table.try_emplace("format", 1, "auto");
    return table;
  }
  Texts enriched(const Records& records) {
    EnrichCached& s = step();
    host.ports.clear();
    host.process(s, records);
    return host.ports[0];
  }
  std::string error() {
    try {
      step();
      return "(none)";
    } catch (const Error& e) {
      EXPECT_EQ(e.status(), SH_E_CONFIG);
      return e.what();
    }
  }
  void write_file(const std::string& text) {
    std::ofstream(file_ + ".new") << text;
    std::rename((file_ + ".new").c_str(), file_.c_str());
  }

  plugin_common::TestOptions options;
  StepHost host;
  TestDatabase users_{
      "create table users (id integer primary key, name text);"
      "insert into users values (1, 'Ann'), (2, 'Bob')",
      "enrich_cached"};
  const std::string file_ =
      ::testing::TempDir() + std::to_string(::getpid()) + "-streamhost-enrich_cached.csv";

 private:
  std::optional<EnrichCached> step_;
};

TEST_F(EnrichCachedTest, AddsWhatTheDatabaseSaysAboutTheKey) {
  step_over_users();
  EXPECT_EQ(enriched({{"1", "{\"n\":1}"}, {"2", "text"}, {"3", "{}"}, {"-", "4"}}),
            (Texts{"{\"n\":1,\"user\":{\"name\":\"Ann\"}}",
                   "{\"value\":\"text\",\"user\":{\"name\":\"Bob\"}}", "{\"user\":null}",
                   "{\"value\":4,\"user\":null}"}));
}

TEST_F(EnrichCachedTest, AFieldCanBeLookedUp) {
  options["of"] = {"/u"};
  options["missing"] = {"reject"};
  step_over_users();
  EXPECT_EQ(enriched({{"2", "{\"u\":1}"},
                      {"2", "{\"u\":\"\\u0032\"}"},
                      {"2", "{\"u\":null}"},
                      {"2", "{\"u\":7}"},
                      {"2", "no JSON"},
                      {"2", "(absent)"}}),
            (Texts{"{\"u\":1,\"user\":{\"name\":\"Ann\"}}",
                   "{\"u\":\"\\u0032\",\"user\":{\"name\":\"Bob\"}}"}));
  ASSERT_EQ(host.reasons.size(), 4u);
  EXPECT_EQ(host.reasons[0], "the field to look up is not there");
  EXPECT_EQ(host.reasons[1], "the lookup knows nothing about it");
  EXPECT_EQ(host.reasons[2].substr(0, 10), "the value ");
  EXPECT_EQ(host.reasons[3], "the record has no value, so the field to look up is not there");
}

TEST_F(EnrichCachedTest, AnswersAreKeptForAWhileMissesToo) {
  step_over_users();
  EXPECT_EQ(enriched({{"1", "{}"}, {"9", "{}"}, {"1", "{}"}}).size(), 3u);
  EXPECT_EQ(host.metrics["cache_hits"], 1);
  EXPECT_EQ(host.metrics["cache_misses"], 2);
  users_.run("update users set name = 'Eve' where id = 1; insert into users values (9, 'Ida')");
  host.now_us += 999;
  EXPECT_EQ(enriched({{"1", "{}"}, {"9", "{}"}}),
            (Texts{"{\"user\":{\"name\":\"Ann\"}}", "{\"user\":null}"}));
  EXPECT_EQ(host.metrics["cache_hits"], 3);
  host.now_us += 1;
  EXPECT_EQ(enriched({{"1", "{}"}, {"9", "{}"}}),
            (Texts{"{\"user\":{\"name\":\"Eve\"}}", "{\"user\":{\"name\":\"Ida\"}}"}));
  EXPECT_EQ(host.metrics["cache_misses"], 4);
}

TEST_F(EnrichCachedTest, AllRowsBecomeAnArray) {
  lookup()["rows"] = {"all"};
  lookup()["sqlite"] = {users_.path()};
  lookup()["query"] = {"select name from users where id >= cast(? as integer)"};
  options["missing"] = {"drop"};
  EXPECT_EQ(enriched({{"1", "{}"}, {"7", "{}"}}),
            Texts{"{\"user\":[{\"name\":\"Ann\"},{\"name\":\"Bob\"}]}"});
}

TEST_F(EnrichCachedTest, AFileIsReadAgainWhenItHasChanged) {
  write_file("id,name\n1,Ann\n");
  lookup()["path"] = {file_};
  EXPECT_EQ(enriched({{"1", "{}"}}), Texts{"{\"user\":{\"id\":1,\"name\":\"Ann\"}}"});
  write_file("id,name\n1,Eve\n");
  host.now_us += 999;
  EXPECT_EQ(enriched({{"1", "{}"}}), Texts{"{\"user\":{\"id\":1,\"name\":\"Ann\"}}"});
  host.now_us += 1;
  EXPECT_EQ(enriched({{"1", "{}"}}), Texts{"{\"user\":{\"id\":1,\"name\":\"Eve\"}}"});
  EXPECT_EQ(host.logs, Texts{"read the lookup file " + file_ + " again: 1 keys"});
  host.now_us += 1000;
  EXPECT_EQ(enriched({{"1", "{}"}}).size(), 1u);
  EXPECT_EQ(host.logs.size(), 1u);  // it has not changed
}

TEST_F(EnrichCachedTest, AFileThatBreaksCountsAsItWas) {
  write_file("id,name\n1,Ann\n");
  lookup()["path"] = {file_};
  EXPECT_EQ(enriched({{"1", "{}"}}).size(), 1u);
  write_file("id,name\n1,Eve,too much\n");
  for (int i = 0; i < 3; ++i) {
    host.now_us += 1000;
    EXPECT_EQ(enriched({{"1", "{}"}}), Texts{"{\"user\":{\"id\":1,\"name\":\"Ann\"}}"});
  }
  EXPECT_EQ(host.logs,
            Texts{file_ + ":2: 3 fields where the header row has 2; what the lookup file "
                          "said before goes on to count until it is mended"});
  write_file("id,name\n1,Eve\n");
  host.now_us += 1000;
  EXPECT_EQ(enriched({{"1", "{}"}}), Texts{"{\"user\":{\"id\":1,\"name\":\"Eve\"}}"});
}

TEST_F(EnrichCachedTest, ALookupThatSaysNeitherOrBothIsRefused) {
  lookup();
  EXPECT_EQ(error(),
            "lookup must say either sqlite = \"FILE\" with query = \"select …\", or path = "
            "\"FILE\"");
  lookup()["sqlite"] = {users_.path()};
  EXPECT_EQ(error(),
            "lookup: sqlite needs a query with one parameter, query = \"select … where id = ?\"");
  lookup()["query"] = {kQuery};
  lookup()["column"] = {"id"};
  EXPECT_EQ(error(), "lookup: \"format\" and \"column\" are for a file, not for sqlite");
  lookup().erase("sqlite");
  lookup()["path"] = {file_};
  EXPECT_EQ(error(), "lookup: \"query\" is for sqlite, not for a file");
}

}  // namespace
}  // namespace streamhost::core
