// Every query of manifests/nexmark/ gives exactly the rows that plain loops over the same events
// find, for any number of workers, in order and out of order.
//
//   STREAMHOST_NEXMARK_EVENTS=1000000 build/dev/tests/nexmark_test     # more events
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "answers.h"
#include "support/process.h"

namespace streamhost::nexmark_test {
namespace {

namespace fs = std::filesystem;
using testing::RunOptions;
using testing::RunResult;
using testing::streamhost;
using testing::TempDir;

const fs::path kFolder = fs::path(STREAMHOST_SOURCE_DIR) / "manifests" / "nexmark";
const char* const kQueries[] = {"q0", "q1", "q2", "q3", "q4", "q5", "q7", "q8", "q9", "q11", "q12"};

std::string event_count() {
  const char* const count = std::getenv("STREAMHOST_NEXMARK_EVENTS");
  return count != nullptr ? count : "20000";
}

// 10 ms from event to event: 20 windows of 10 s in 20 000 events.
std::vector<std::string> settings(const std::string& out_of_order) {
  return {"COUNT=" + event_count(), "SEED=7", "PARTITIONS=3", "INTERVAL=10ms",
          "OUT_OF_ORDER=" + out_of_order};
}

RunResult run_job(const std::string& manifest, int workers, const std::string& out_of_order) {
  RunOptions options;
  options.environment = settings(out_of_order);
  options.limit = std::chrono::seconds(600);
  return streamhost({"--manifest", manifest, "-w", std::to_string(workers)}, options);
}

// The events that the queries are about, written by a job of their own.
const Site& site(const std::string& out_of_order) {
  static std::map<std::string, Site> sites;
  const auto [entry, fresh] = sites.try_emplace(out_of_order);
  if (!fresh) return entry->second;
  const TempDir folder;
  const std::string manifest = folder.write("events.toml", R"(name = "events"
[source.events]
use          = "nexmark.events"
count        = "${COUNT}"
seed         = "${SEED}"
interval     = "${INTERVAL}"
out_of_order = "${OUT_OF_ORDER}"
[sink.out]
use  = "stdio.lines"
from = "events"
)");
  const RunResult run = run_job(manifest, 1, out_of_order);
  EXPECT_EQ(run.status, 0) << run.err;
  entry->second = read_site(run.out);
  return entry->second;
}

// Empty when they are equal, else what is different, in a few lines.
std::string difference(const std::vector<std::string>& wanted,
                       const std::vector<std::string>& found) {
  std::vector<std::string> missing, surplus;
  std::set_difference(wanted.begin(), wanted.end(), found.begin(), found.end(),
                      std::back_inserter(missing));
  std::set_difference(found.begin(), found.end(), wanted.begin(), wanted.end(),
                      std::back_inserter(surplus));
  if (missing.empty() && surplus.empty()) return "";
  std::string text = std::to_string(wanted.size()) + " rows wanted, " +
                     std::to_string(missing.size()) + " of them missing, " +
                     std::to_string(surplus.size()) + " too many\n";
  for (size_t i = 0; i < std::min<size_t>(missing.size(), 5); ++i) text += "- " + missing[i] + "\n";
  for (size_t i = 0; i < std::min<size_t>(surplus.size(), 5); ++i) text += "+ " + surplus[i] + "\n";
  return text;
}

class Nexmark : public ::testing::TestWithParam<const char*> {};

TEST_P(Nexmark, GivesTheRowsThatPlainLoopsFind) {
  const std::string query = GetParam();
  for (const char* out_of_order : {"0s", "3s"}) {
    const std::vector<std::string> wanted = answer(query, site(out_of_order));
    EXPECT_FALSE(wanted.empty()) << "the events say nothing about the query";
    for (const int workers : {1, 2}) {
      const RunResult run = run_job((kFolder / (query + ".toml")).string(), workers, out_of_order);
      ASSERT_EQ(run.status, 0) << run.err;
      EXPECT_EQ(difference(wanted, rows_of(query, run.out)), "")
          << workers << " workers, out of order by " << out_of_order;
    }
  }
}

TEST_P(Nexmark, HasNothingToComplainAbout) {
  const RunResult run =
      streamhost({"check", "--manifest", (kFolder / (GetParam() + std::string(".toml"))).string()});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.err.find("warning"), std::string::npos) << run.err;
}

INSTANTIATE_TEST_SUITE_P(Queries, Nexmark, ::testing::ValuesIn(kQueries),
                         [](const auto& query) { return std::string(query.param); });

TEST(NexmarkFolder, HoldsNoQueryThatIsNotTested) {
  std::set<std::string> there;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".toml") there.insert(entry.path().stem().string());
  }
  EXPECT_EQ(there, std::set<std::string>(std::begin(kQueries), std::end(kQueries)));
}

TEST(NexmarkAnswers, HaveEdgesWhereTheQueriesHaveThem) {
  Site site;
  const int64_t second = 1'000'000;
  site.auctions.push_back({1, 1, 10, 0, 5 * second, "{}"});
  // At both ends of the auction, and one microsecond past them.
  for (const auto& [time, price] : std::vector<std::pair<int64_t, int64_t>>{
           {-1, 900}, {0, 10}, {5 * second, 20}, {5 * second + 1, 800}}) {
    site.bids.push_back({1, 7, price, time, "{}"});
  }
  EXPECT_EQ(answer("q4", site), std::vector<std::string>{"10|20"});
  // The bid before 0 is in a window of its own, and alone the highest there.
  EXPECT_EQ(answer("q7", site), (std::vector<std::string>{"1|7|800|5000001", "1|7|900|-1"}));
  EXPECT_EQ(answer("q11", site), std::vector<std::string>{"7|4|-1|15000002"});
  site.bids.push_back({1, 7, 1, 15 * second + 1, "{}"});  // the gap exactly
  site.bids.push_back({1, 7, 1, 25 * second + 2, "{}"});  // and one microsecond more
  EXPECT_EQ(answer("q11", site),
            (std::vector<std::string>{"7|1|25000002|35000003", "7|5|-1|25000002"}));
}

}  // namespace
}  // namespace streamhost::nexmark_test
