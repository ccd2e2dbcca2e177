// How jobs on several processes begin that cannot, and how they end.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>

#include "cluster/small_job.h"

namespace streamhost::cluster_test {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Limits short_wait() {
  Limits limits = trial_limits();
  limits.wait = 3 * limits.timeout;
  return limits;
}

TEST(Ends, AStepThatFailsOnOneProcessEndsAllWithTheSameMessage) {
  for (const bool recovery : {true, false}) {
    SmallJob job(
        "name = \"small\"\n[source.a]\nuse = \"testing.script\"\npartitions = 3\n"
        "items = [\"PAUSE 1h\", \"PAUSE 300ms\", \"PAUSE 1h\", \"x\", \"ABORT\"]\n"
        "[sink.out]\nuse = \"file.lines\"\nfrom = \"a\"\npath = \"out.txt\"\n",
        "", recovery, 3);
    job.op.start_all();
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(job.end_of(i), 1);
      EXPECT_TRUE(has(job.said(i), "ABORT")) << job.said(i);
      EXPECT_TRUE(has(job.said(i), "step \"a\" (testing.script)")) << job.said(i);
    }
  }
}

TEST(Ends, AManifestThatDiffersIsRefusedWithTheDifference) {
  SmallJob job(kEndless);
  job.op.start(0);
  ASSERT_TRUE(job.says(0, "waiting for process 1"));  // so it has read it
  const std::filesystem::path path = job.op.folder() / "job.toml";
  std::string manifest = testing::read_file(path);
  const std::string rate = "rate = 1000\n";
  manifest.replace(manifest.find(rate), rate.size(), "rate = 2000\n");
  std::ofstream(path) << manifest;
  job.op.start(1);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(job.end_of(i), 2);
    for (const std::string part : {"[source.a] rate", "1000", "2000"}) {
      EXPECT_TRUE(has(job.said(i), part)) << part << " is not in " << job.said(i);
    }
  }
}

TEST(Ends, AWrongTokenLetsNobodyInAndDisturbsNobody) {
  SmallJob job(kEndless, "token = \"${TOKEN}\"\n", true, 2, short_wait());
  job.op.start(0, "", {"TOKEN=the secret of all"});
  job.op.start(1, "", {"TOKEN=a guess that is wrong"});
  EXPECT_NE(job.end_of(1), 0);
  EXPECT_EQ(job.end_of(0), 1);  // nobody else came
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(has(job.said(i), "token")) << job.said(i);
    EXPECT_FALSE(has(job.said(i), "secret")) << job.said(i);
    EXPECT_FALSE(has(job.said(i), "guess")) << job.said(i);
  }
}

TEST(Ends, AProcessThatIsMissingForTooLongIsNamed) {
  SmallJob job(kEndless, "", true, 3, short_wait());
  job.op.start(0);
  job.op.start(2);
  for (const size_t i : {0, 2}) {
    EXPECT_EQ(job.end_of(i), 1);
    EXPECT_TRUE(has(job.said(i), "process 1 (" + job.network.address(1) + ")")) << job.said(i);
    EXPECT_TRUE(has(job.said(i), "were not all there within")) << job.said(i);
  }
  EXPECT_FALSE(std::filesystem::exists(job.op.folder() / "out.txt"));
}

TEST(Ends, ASignalToOneDrainsAll) {
  for (const int signal : {SIGINT, SIGTERM}) {
    SmallJob job(kEndless, "", true, 3);
    job.op.start_all();
    ASSERT_TRUE(job.together());
    ASSERT_TRUE(job.writes());
    job.op.member(1).signal(signal);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(job.end_of(i), 0);
    EXPECT_TRUE(has(job.said(1), "draining")) << job.said(1);
  }
}

TEST(Ends, ASecondSignalStopsAtOnceAndTheOthersWaitForThatProcess) {
  // A sink that needs an hour for what it has.
  SmallJob job(
      "name = \"small\"\n[source.a]\nuse = \"demo.sequence\"\npartitions = 4\nrate = 1000\n"
      "[operator.seen]\nuse = \"core.inspect\"\nfrom = \"a\"\n"
      "[sink.out]\nuse = \"testing.slow\"\nfrom = \"seen\"\ndelay = \"1h\"\npath = \"out.txt\"\n",
      "", true, 2, short_wait());
  job.op.start_all();
  for (size_t i = 0; i < 2; ++i) ASSERT_TRUE(job.says(i, " seen: ")) << job.said(i);
  job.op.member(0).signal(SIGINT);
  ASSERT_TRUE(job.says(0, "draining"));
  job.op.member(0).signal(SIGINT);
  EXPECT_NE(job.end_of(0, Millis(20'000)), 0);
  EXPECT_TRUE(has(job.said(0), "stopped at once")) << job.said(0);
  EXPECT_TRUE(job.says(1, "process 0 (" + job.network.address(0) + ") was lost")) << job.said(1);
  job.op.member(1).signal(SIGKILL);
}

TEST(Ends, WithoutAStoreTheLossOfOneEndsAll) {
  SmallJob job(kEndless, "", false, 3);
  job.op.start_all();
  ASSERT_TRUE(job.together());
  ASSERT_TRUE(job.writes());
  job.op.member(2).kill();
  for (const size_t i : {0, 1}) {
    EXPECT_EQ(job.end_of(i), 1);
    EXPECT_TRUE(has(job.said(i), "process 2 (" + job.network.address(2) + ") was lost"))
        << job.said(i);
    EXPECT_TRUE(has(job.said(i), "no recovery store")) << job.said(i);
  }
}

TEST(Ends, AReplacementForOneThatIsStoppedSaysWhoIsInItsPlace) {
  SmallJob job(kEndless);
  job.op.start_all();
  ASSERT_TRUE(job.together());
  job.op.member(1).signal(SIGSTOP);
  testing::RunOptions options;
  options.environment = job.op.environment();
  const testing::RunResult second = testing::run(job.op.command(1), options);
  EXPECT_EQ(second.status, 1) << second.err;
  EXPECT_TRUE(has(second.err, job.network.address(1))) << second.err;
  EXPECT_TRUE(has(second.err, "already")) << second.err;
  // It was away for a moment or for longer; either way it goes on.
  job.op.member(1).signal(SIGCONT);
  ASSERT_TRUE(job.together());
}

TEST(Ends, OneWhoSleptWhileItsReplacementWorkedWritesNothingAndHasToGo) {
  // As on another machine: the replacement has an address of its own. (Process 0 is called by
  // process 1, so it need not know it.)
  SmallJob job(kEndless, "", true, 2, short_wait());
  Shape shape = job.op.shape();
  shape.separate = true;
  shape.store_partitions = 1;
  job.op.reshape(shape);
  job.op.start_all();
  ASSERT_TRUE(job.together());
  ASSERT_TRUE(job.writes());
  job.op.member(1).signal(SIGSTOP);
  ASSERT_TRUE(job.says(0, "was lost")) << job.said(0);
  const Loopback elsewhere(2, false);
  std::vector<std::string> words = job.op.command(1);
  *std::find(words.begin(), words.end(), (job.op.folder() / "store.1").string()) += ".new";
  words[static_cast<size_t>(std::find(words.begin(), words.end(), "-a") - words.begin()) + 1] =
      job.network.address(0) + "," + elsewhere.address(1);
  Member replacement(job.op.folder() / "replacement.log");
  replacement.start(words, job.op.environment());
  ASSERT_TRUE(job.op.wait_until(
      [&] { return job.op.member(0).is_together() && replacement.is_together(); }, Millis(30'000)))
      << job.said(0);
  job.op.member(1).signal(SIGCONT);
  EXPECT_EQ(job.end_of(1), 1);
  EXPECT_TRUE(has(job.said(1), "missing: process 0")) << job.said(1);
  job.op.member(0).signal(SIGTERM);
  EXPECT_EQ(job.end_of(0), 0) << job.said(0);
  const auto limit = Clock::now() + Millis(20'000);
  while (replacement.is_running() && Clock::now() < limit) std::this_thread::sleep_for(Millis(5));
  EXPECT_EQ(replacement.status(), 0) << replacement.said();
  // No record is missing, and none is there twice.
  std::map<std::string, uint64_t> seen;
  std::ifstream out(job.op.folder() / "out.txt");
  for (std::string line; std::getline(out, line);) ++seen[line];
  for (const auto& [line, times] : seen) ASSERT_EQ(times, 1u) << line;
}

}  // namespace
}  // namespace streamhost::cluster_test
