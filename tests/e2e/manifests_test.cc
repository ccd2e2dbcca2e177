// Every job in manifests/ runs as it stands and gives exactly what manifests/expected/ holds, for
// any number of workers. The queries in manifests/nexmark/ are tested in tests/nexmark,
// those in manifests/kafka/ in tests/kafka.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "e2e/lines_by_key.h"
#include "support/process.h"

namespace streamhost::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(STREAMHOST_SOURCE_DIR) / "manifests";

// kByKey: lines begin with a key, and those of one key come in order.
enum class Order { kAsRead, kByKey, kFree };

// What a job is fed, and how its output compares with manifests/expected/NAME.txt.
struct Job {
  const char* name;
  Order order = Order::kFree;
  const char* input = nullptr;  // a file of manifests/data/
  const char* file = nullptr;   // of the folder OUT, that it writes; null: standard output
};

void PrintTo(const Job& job, std::ostream* to) { *to << job.name; }

const Job kJobs[] = {
    {"agg"},
    {"avro"},
    {"core"},
    {"demo"},
    {"earthquakes"},
    {"file"},  // prints nothing, see below
    {"flights"},
    {"joins/complete"},
    {"joins/interval"},
    {"joins/window", Order::kByKey},
    {"jq"},
    {"json"},
    {"lua"},
    {"protobuf"},
    {"stdio", Order::kAsRead, "psalms.txt"},
    {"text"},
    {"tutorials/anomalies", Order::kByKey},
    {"tutorials/enrichment"},
    {"tutorials/missing_data", Order::kByKey},
    {"tutorials/order_book", Order::kByKey},
    {"tutorials/search_sessions", Order::kByKey},
    {"tutorials/shopping_cart", Order::kByKey, nullptr, "carts.txt"},
    {"windows/lateness"},
    {"windows/session"},
    {"windows/sliding", Order::kByKey},
    {"windows/tumbling"},
    {"wordcount"},
};

std::string expected(const std::string& name) { return read_file(kFolder / "expected" / name); }

std::vector<std::string> comparable(const std::string& text, Order order) {
  if (order == Order::kFree) return sorted_lines(text);
  if (order == Order::kByKey) return lines_by_key(text);
  return {text};
}

RunResult run_job(const Job& job, int workers, RunOptions options = {}) {
  if (job.input != nullptr) options.input = read_file(kFolder / "data" / job.input);
  return streamhost({"--manifest", (kFolder / (std::string(job.name) + ".toml")).string(), "-w",
                     std::to_string(workers)},
                    options);
}

class Manifests : public ::testing::TestWithParam<Job> {};

TEST_P(Manifests, GiveExactlyTheExpectedOutput) {
  const Job& job = GetParam();
  const TempDir folder;
  RunOptions options;
  options.environment = {"OUT=" + folder.path().string()};
  for (const int workers : {1, 2, 4}) {
    const RunResult run = run_job(job, workers, options);
    ASSERT_EQ(run.status, 0) << run.err;
    const std::string name = std::string(job.name) + ".txt";
    if (job.file != nullptr || !fs::exists(kFolder / "expected" / name)) {
      EXPECT_EQ(run.out, "");
      if (job.file == nullptr) continue;
    }
    const std::string out = job.file == nullptr ? run.out : read_file(folder.path() / job.file);
    EXPECT_EQ(comparable(out, job.order), comparable(expected(name), job.order))
        << workers << " workers";
  }
}

TEST_P(Manifests, HaveNothingToComplainAbout) {
  const RunResult run = streamhost(
      {"check", "--manifest", (kFolder / (std::string(GetParam().name) + ".toml")).string()});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.err.find("warning"), std::string::npos) << run.err;
}

INSTANTIATE_TEST_SUITE_P(Each, Manifests, ::testing::ValuesIn(kJobs), [](const auto& job) {
  std::string name = job.param.name;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
});

TEST(ManifestsFolder, HoldsNoJobThatIsNotTested) {
  std::set<std::string> there, tested;
  for (const auto& entry : fs::recursive_directory_iterator(kFolder)) {
    const fs::path path = entry.path().lexically_relative(kFolder);
    if (path.extension() != ".toml" || *path.begin() == "nexmark" || *path.begin() == "kafka") {
      continue;
    }
    there.insert((path.parent_path() / path.stem()).string());
  }
  for (const Job& job : kJobs) tested.insert(job.name);
  EXPECT_EQ(there, tested);
}

TEST(FileManifest, WritesAFolderOfFilesAndOneFile) {
  for (const int workers : {1, 2, 4}) {
    const TempDir folder;
    RunOptions options;
    options.environment = {"OUT=" + folder.path().string()};
    const RunResult run = run_job({"file"}, workers, options);
    ASSERT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(run.out, "");
    EXPECT_EQ(read_file(folder / "snow.jsonl"), expected("file-snow.txt"));
    std::string all;
    std::set<std::string> kinds;
    size_t files = 0, places = 0;
    for (const auto& entry : fs::directory_iterator(folder / "weather")) {
      const std::string content = read_file(entry.path());
      std::set<std::string> here;
      for (const std::string& line : sorted_lines(content)) {
        here.insert(line.substr(0, line.find('\t')));
      }
      kinds.insert(here.begin(), here.end());
      places += here.size();
      all += content;
      ++files;
    }
    EXPECT_EQ(files, 4u);
    EXPECT_EQ(kinds.size(), 5u);
    EXPECT_EQ(places, 5u) << "each kind of weather is in one file";
    EXPECT_EQ(sorted_lines(all), sorted_lines(expected("file-weather.txt")));
  }
}

TEST(StdioManifest, TakesTheWordFromTheEnvironment) {
  RunOptions options;
  options.environment = {"WORD=selah"};
  options.input = "nothing here\nSelah. And on\nno selahs\n";
  const RunResult run = streamhost({"--manifest", (kFolder / "stdio.toml").string()}, options);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "> Selah. And on\n");
}

}  // namespace
}  // namespace streamhost::testing
