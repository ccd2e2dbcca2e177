// The plugin demo through the real host.
#include <gtest/gtest.h>

#include <set>

#include "support/process.h"

namespace streamhost::testing {
namespace {

using Lines = std::vector<std::string>;

// What one source with these options puts out.
RunResult run_source(const std::string& use, const std::string& options,
                     const std::string& format = "{value}", int workers = 1,
                     const std::string& port = "") {
  const TempDir folder;
  const std::string manifest =
      folder.write("job.toml", "name = \"demo_test\"\n[source.in]\nuse = \"demo." + use + "\"\n" +
                                   options + "\n[sink.out]\nuse = \"stdio.lines\"\nfrom = \"in" +
                                   port + "\"\nformat = \"" + format + "\"\n");
  return streamhost({"--manifest", manifest, "-w", std::to_string(workers)});
}

std::string output(const std::string& use, const std::string& options,
                   const std::string& format = "{value}", int workers = 1,
                   const std::string& port = "") {
  const RunResult result = run_source(use, options, format, workers, port);
  EXPECT_EQ(result.status, 0) << result.err;
  return result.out;
}

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(DemoInAJob, SequenceCounts) {
  EXPECT_EQ(output("sequence", "count = 3"), "0\n1\n2\n");
  EXPECT_EQ(output("sequence", "count = 3\nsize = 4"), "0000\n0001\n0002\n");
  EXPECT_EQ(output("sequence", "count = 5\nkeys = 2", "{key}={value}"),
            "k0000000=0\nk0000001=1\nk0000000=2\nk0000001=3\nk0000000=4\n");
  EXPECT_EQ(output("sequence", "count = 2\ntime_start = 2024-05-01T00:00:00Z\ntime_step = '1h'",
                   "{timestamp}"),
            "2024-05-01T00:00:00Z\n2024-05-01T01:00:00Z\n");
}

TEST(DemoInAJob, SequencePadsToLargeSizes) {
  for (const size_t size : {23u, 24u, 25u, 100u}) {
    const std::string line(size - 1, '0');
    EXPECT_EQ(output("sequence", "count = 2\nsize = " + std::to_string(size)),
              line + "0\n" + line + "1\n");
  }
}

TEST(DemoInAJob, SequenceIsTheSameForAnyPartitionsAndWorkers) {
  const std::string options = "count = 10007\nkeys = 11\norder = \"random\"\n";
  const Lines expected = sorted_lines(output("sequence", options, "{key}={value}"));
  EXPECT_EQ(expected.size(), 10007u);
  for (const int workers : {1, 2, 4}) {
    EXPECT_EQ(
        sorted_lines(output("sequence", options + "partitions = 3", "{key}={value}", workers)),
        expected);
  }
}

TEST(DemoInAJob, SequenceRandomKeysAreAllOfThem) {
  const std::string text = output("sequence", "count = 2000\nkeys = 10\norder = 'random'", "{key}");
  const Lines lines = sorted_lines(text);
  EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()).size(), 10u);
  EXPECT_EQ(text.substr(0, 27), "k0000005\nk0000005\nk0000000\n");
}

TEST(DemoInAJob, RateSpreadsRecordsOverTime) {
  const RunResult result = run_source("sequence", "count = 50\nrate = 100\npartitions = 2");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(sorted_lines(result.out).size(), 50u);
  EXPECT_GE(result.took.count(), 470);
  EXPECT_LT(result.took.count(), 5000);
}

TEST(DemoInAJob, AnEndlessSequenceStopsWhenAsked) {
  const TempDir folder;
  const std::string manifest = folder.write("job.toml", R"(name = "endless"
[source.in]
use = "demo.sequence"
rate = 1000
[sink.out]
use = "stdio.lines"
from = "in"
)");
  Child child({streamhost_path(), "--manifest", manifest, "-w", "1"});
  ASSERT_TRUE(child.wait_for_output("\n100\n")) << child.err();
  child.signal(15);
  const RunResult result = child.wait(std::chrono::seconds(20));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out.back(), '\n');
}

TEST(DemoInAJob, MetricsWanderAboutAndAreTheSameEachTime) {
  const std::string options = "partitions = 3\ncount = 100\ninterval = '1m'\nseed = 5";
  const std::string text = output("metrics", options, "{key} {timestamp} {value}");
  const Lines lines = sorted_lines(text);
  ASSERT_EQ(lines.size(), 300u);
  EXPECT_TRUE(
      lines[0].starts_with("dev-000 2024-01-01T00:00:00Z {\"device\":\"dev-000\",\"time\":"
                           "\"2024-01-01T00:00:00Z\",\"value\":"))
      << lines[0];
  EXPECT_TRUE(lines[299].starts_with("dev-002 2024-01-01T01:39:00Z {")) << lines[299];
  EXPECT_EQ(sorted_lines(output("metrics", options, "{key} {timestamp} {value}", 2)), lines);
  EXPECT_NE(sorted_lines(output("metrics", "partitions = 3\ncount = 100\nseed = 6")), lines);
}

TEST(DemoInAJob, NexmarkKeepsItsProportionsOnEveryPort) {
  const std::string options = "count = 5000";
  const std::string all = output("nexmark", options);
  EXPECT_EQ(count_of(all, "{\"type\":\"person\""), 100u);
  EXPECT_EQ(count_of(all, "{\"type\":\"auction\""), 300u);
  EXPECT_EQ(count_of(all, "{\"type\":\"bid\""), 4600u);
  const std::string auctions = output("nexmark", options, "{key}", 1, ".auctions");
  EXPECT_TRUE(auctions.starts_with("1000\n1001\n1002\n"));
  EXPECT_EQ(count_of(auctions, "\n"), 300u);
  EXPECT_EQ(count_of(output("nexmark", options, "{value}", 1, ".bids"), "{\"type\":\"bid\""),
            4600u);
  EXPECT_EQ(count_of(output("nexmark", options, "{value}", 1, ".persons"), "\n"), 100u);
}

TEST(DemoInAJob, NexmarkIsTheSameForAnyPartitionsAndWorkers) {
  const Lines expected = sorted_lines(output("nexmark", "count = 1234"));
  EXPECT_EQ(expected.size(), 1234u);
  for (const int workers : {1, 3}) {
    EXPECT_EQ(sorted_lines(output("nexmark", "count = 1234\npartitions = 4", "{value}", workers)),
              expected);
  }
}

TEST(DemoInAJob, NexmarkEventsAreJson) {
  const TempDir folder;
  const std::string manifest = folder.write("job.toml", R"(name = "nexmark"
[source.in]
use = "demo.nexmark"
count = 1000
[operator.bids]
use = "json.extract"
from = "in.bids"
key = "/bidder"
time = "/date_time"
value = "/price"
[sink.out]
use = "stdio.lines"
from = "bids"
format = "{timestamp}"
)");
  const RunResult result = streamhost({"--manifest", manifest, "-w", "1"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(count_of(result.out, "\n"), 920u);
  EXPECT_TRUE(result.out.starts_with("2015-07-15T00:00:00.0004Z\n")) << result.out.substr(0, 60);
}

TEST(DemoInAJob, RefusesValuesOutOfRange) {
  for (const char* options : {"count = -1", "keys = 10000001", "order = 'up'", "partitions = 0"}) {
    EXPECT_EQ(run_source("sequence", options).status, 2) << options;
  }
}

}  // namespace
}  // namespace streamhost::testing
