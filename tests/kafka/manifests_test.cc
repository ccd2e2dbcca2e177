// Every job in manifests/kafka/ runs as it stands and gives what it should.
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <set>

#include "kafka/feeder.h"
#include "kafka/job.h"
#include "kafka/shared_broker.h"

namespace streamhost::kafka_test {
namespace {

namespace fs = std::filesystem;
using testing::Child;
using testing::RunResult;

const fs::path kManifests = KAFKA_TEST_MANIFESTS;

// The value of a member that is a text; the files have no others of that name.
std::string member(const std::string& json, const std::string& name) {
  const std::string begin = "\"" + name + "\":\"";
  const size_t at = json.find(begin) + begin.size();
  return json.substr(at, json.find('"', at) - at);
}

std::vector<std::string> lines_of(const std::string& file) {
  return testing::sorted_lines(testing::read_file(kManifests / ".." / "data" / file));
}

std::multiset<std::string> values(const std::vector<Row>& rows) {
  std::multiset<std::string> all;
  for (const Row& row : rows) all.insert(row.value.value_or("(null)"));
  return all;
}

class KafkaManifests : public WithBroker {
 protected:
  // All have the topics that load.toml fills, which is itself a test.
  static void SetUpTestSuite() {
    if (!no_broker().empty()) return;
    for (const char* topic :
         {"page-views", "page-views-known", "payments", "payments-checked", "payments-dead"}) {
      witness().create(topic, 2);
    }
    loaded_ = testing::streamhost({"--manifest", (kManifests / "load.toml").string()}, options(""));
  }
  void SetUp() override {
    WithBroker::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(loaded_.status, 0) << loaded_.err;
  }

  static testing::RunOptions options(const std::string& out) {
    testing::RunOptions options;
    options.environment = {"BROKERS=" + broker().brokers(), "OUT=" + out};
    return options;
  }
  std::unique_ptr<Child> start(const std::string& name, int workers) const {
    return std::make_unique<Child>(
        std::vector<std::string>{testing::streamhost_path(), "--manifest",
                                 (kManifests / (name + ".toml")).string(), "-r", folder_ / "state",
                                 "-w", std::to_string(workers)},
        options(folder_.path().string()));
  }
  static void drain(Child& child) {
    child.signal(SIGINT);
    const RunResult result = child.wait();
    EXPECT_EQ(result.status, 0) << result.err;
  }
  static size_t size_of(const std::string& topic) { return witness().read(topic).size(); }

  testing::TempDir folder_;
  static RunResult loaded_;
};
RunResult KafkaManifests::loaded_;

TEST_F(KafkaManifests, LoadFillsTheTopics) {
  const auto views = lines_of("page-views.jsonl");
  const std::vector<Row> rows = witness().read("page-views");
  EXPECT_EQ(values(rows), (std::multiset<std::string>(views.begin(), views.end())));
  for (const Row& row : rows) {
    EXPECT_EQ(row.key, member(*row.value, "user"));
    EXPECT_GE(row.timestamp_ms, 1'714'550'400'000);  // 2024-05-01T08:00:00Z
    EXPECT_LT(row.timestamp_ms, 1'714'554'000'000);
  }
  EXPECT_EQ(size_of("payments"), lines_of("payments.jsonl").size() + lines_of("emails.csv").size());
}

TEST_F(KafkaManifests, EnrichmentAddsWhatIsKnownOnce) {
  std::map<std::string, std::string> accounts;
  for (const std::string& line : lines_of("users.csv")) {
    const size_t first = line.find(','), second = line.find(',', first + 1);
    accounts[line.substr(0, first)] = "{\"user\":\"" + line.substr(0, first) + "\",\"country\":\"" +
                                      line.substr(first + 1, second - first - 1) +
                                      "\",\"plan\":\"" + line.substr(second + 1) + "\"}";
  }
  std::multiset<std::string> want;
  for (const std::string& view : lines_of("page-views.jsonl")) {
    const auto it = accounts.find(member(view, "user"));
    want.insert(view.substr(0, view.size() - 1) +
                ",\"account\":" + (it == accounts.end() ? "null" : it->second) + "}");
  }
  // Killed, drained, and with other numbers of workers.
  auto child = start("enrichment", 1);
  ASSERT_TRUE(eventually([] { return size_of("page-views-known") > 0; })) << child->err();
  child->signal(SIGKILL);
  child->wait();
  child = start("enrichment", 2);
  ASSERT_TRUE(eventually([&] { return size_of("page-views-known") >= want.size(); }))
      << child->err();
  drain(*child);
  child = start("enrichment", 3);
  ASSERT_TRUE(child->wait_for_output("resuming from epoch")) << child->err();
  drain(*child);
  EXPECT_EQ(values(witness().read("page-views-known")), want);
}

TEST_F(KafkaManifests, WindowsCountViewsInFiles) {
  // "PAGE<tab>HH:M" to how many, and whose.
  std::map<std::string, std::pair<int, std::set<std::string>>> want;
  for (const std::string& view : lines_of("page-views.jsonl")) {
    auto& [count, users] = want[member(view, "page") + "\t" + member(view, "time").substr(11, 4)];
    ++count;
    users.insert(member(view, "user"));
  }
  // What comes an hour later closes them all, in each partition.
  Feeder feeder(broker().brokers());
  for (int partition = 0; partition < 2; ++partition) {
    feeder.send("page-views",
                {"u", "{\"page\":\"/late\",\"user\":\"u\"}", partition, 1'714'557'600'000, {}});
  }
  feeder.flush();
  const auto come = [&] {
    std::map<std::string, std::pair<int, std::string>> all;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder_.path() / "page-views", none)) {
      for (const std::string& line : testing::sorted_lines(testing::read_file(entry.path()))) {
        const std::string name =
            line.substr(0, line.find('\t') + 1) + member(line, "open").substr(11, 4);
        ++all[name].first;
        all[name].second = line;
      }
    }
    return all;
  };
  const auto child = start("windows", 2);
  ASSERT_TRUE(eventually([&] { return come().size() >= want.size(); })) << child->err();
  drain(*child);
  const auto all = come();
  EXPECT_EQ(all.size(), want.size());
  for (const auto& [name, expected] : want) {
    ASSERT_EQ(all.count(name), 1u) << name;
    EXPECT_EQ(all.at(name).first, 1) << name;
    const std::string value = "\"value\":{\"views\":" + std::to_string(expected.first) +
                              ",\"users\":" + std::to_string(expected.second.size()) + "}";
    EXPECT_NE(all.at(name).second.find(value), std::string::npos)
        << value << " is not in " << all.at(name).second;
  }
}

TEST_F(KafkaManifests, DeadLettersGoToATopicOfTheirOwn) {
  const auto good = lines_of("payments.jsonl"), bad = lines_of("emails.csv");
  const auto child = start("dead_letters", 2);
  ASSERT_TRUE(eventually([&] {
    return size_of("payments-checked") >= good.size() && size_of("payments-dead") >= bad.size();
  })) << child->err();
  drain(*child);
  EXPECT_EQ(values(witness().read("payments-checked")),
            (std::multiset<std::string>(good.begin(), good.end())));
  std::multiset<std::string> dead;
  for (const Row& row : witness().read("payments-dead")) {
    EXPECT_EQ(member(*row.value, "step"), "understood");
    EXPECT_NE(member(*row.value, "error"), "");
    dead.insert(member(*row.value, "value"));
  }
  EXPECT_EQ(dead, (std::multiset<std::string>(bad.begin(), bad.end())));
}

}  // namespace
}  // namespace streamhost::kafka_test
