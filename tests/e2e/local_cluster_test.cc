// `--processes N`: several processes of one job on this machine, as one program.
#include <gtest/gtest.h>

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <regex>
#include <sstream>

#include "e2e/json_check.h"
#include "e2e/reader.h"
#include "support/process.h"

namespace streamhost::testing {
namespace {

using std::chrono::seconds;
using Words = std::vector<std::string>;

const std::string kEndless =
    "[source.a]\nuse = \"demo.sequence\"\nrate = 1000\n"
    "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"a\"\n";
const std::string kFast =
    "[source.a]\nuse = \"demo.sequence\"\npartitions = 8\n"
    "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"a\"\n";
const std::string kLines =
    "[source.in]\nuse = \"stdio.lines\"\n[sink.out]\nuse = \"stdio.lines\"\nfrom = \"in\"\n";

Words local(const TempDir& folder, const std::string& manifest, const std::string& processes,
            const Words& more = {}) {
  Words words = {"--manifest", folder.write("job.toml", manifest), "--processes", processes};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Words command(const TempDir& folder, const std::string& manifest, const std::string& processes) {
  Words words = local(folder, manifest, processes);
  words.insert(words.begin(), streamhost_path());
  return words;
}

std::string usage_error(const Words& words) {
  const RunResult run = streamhost(words);
  EXPECT_EQ(run.status, 2) << run.err;
  EXPECT_EQ(run.out, "");
  return run.err;
}

// The children of a running local cluster, which says them at its start.
std::vector<pid_t> children(Child& cluster) {
  std::vector<pid_t> pids;
  if (!cluster.wait_for_output(" processes on this machine (pid ")) return pids;
  std::smatch match;
  const std::string log = cluster.err();
  if (!std::regex_search(log, match, std::regex("\\(pid ([0-9, ]+)\\)"))) return pids;
  const std::string list = match[1];
  const std::regex number("[0-9]+");
  for (std::sregex_iterator it(list.begin(), list.end(), number), end; it != end; ++it) {
    pids.push_back(std::stoi(it->str()));
  }
  return pids;
}

// Whether a process has ended, waiting for that at most 20 s.
bool ends(pid_t pid) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return errno == ESRCH;
  pollfd end{fd, POLLIN, 0};
  const bool ended = ::poll(&end, 1, 20'000) == 1;
  ::close(fd);
  return ended;
}

TEST(LocalCluster, HasANumberOfProcesses) {
  for (const std::string bad : {"0", "-1", "65", "two", "2x", "99999999999"}) {
    EXPECT_EQ(usage_error({"--manifest", "job.toml", "--processes=" + bad}),
              "streamhost: --processes: \"" + bad +
                  "\" is not a whole number from 1 to 64; see streamhost --help\n");
  }
}

TEST(LocalCluster, GivesProcessesTheirIdsAndAddressesItself) {
  for (const auto& [flag, value] :
       {std::pair{"--process-id", "0"}, {"--addresses", "a:1"}, {"--hosts", "hosts"}}) {
    EXPECT_EQ(usage_error({"--manifest", "job.toml", "--processes", "2", flag, value}),
              std::string("streamhost: --processes gives each process its id and address: leave "
                          "out ") +
                  flag + "; see streamhost --help\n");
  }
}

TEST(LocalCluster, SaysMistakesInAManifestOnce) {
  const TempDir folder;
  const RunResult run =
      streamhost(local(folder, "[source.a]\nuse = \"demo.sequence\"\ncuont = 1\n", "3"));
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 2) << run.err;
  EXPECT_NE(run.err.find("job.toml:3:1: error: unknown option \"cuont\""), std::string::npos);
  EXPECT_EQ(run.err.find("[0]"), std::string::npos);
}

TEST(LocalCluster, TakesNoHeedOfTheRealOne) {
  // Addresses, a place to listen and certificates that are nowhere here.
  const TempDir folder;
  RunOptions options;
  options.input = "a\n";
  options.environment = {"STREAMHOST_HOSTS=/nonexistent", "STREAMHOST_CLUSTER_LISTEN=10.9.9.9:1"};
  const RunResult run = streamhost(local(folder,
                                         "[run]\naddresses = [\"h-{0..8}:2101\"]\nprocess_id = 5\n"
                                         "[cluster]\nlisten = \"0.0.0.0:2101\"\n"
                                         "tls = { cert = \"a\", key = \"b\", ca = \"c\" }\n" +
                                             kLines,
                                         "1"),
                                   options);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "a\n");
}

TEST(LocalCluster, ReadsAndWritesLikeAnyProgram) {
  const TempDir folder;
  RunOptions options;
  for (int i = 0; i < 100'000; ++i) options.input += "line " + std::to_string(i) + "\n";
  const RunResult run = streamhost(local(folder, kLines, "1"), options);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, options.input);
}

TEST(LocalCluster, SaysWhichProcessSaysWhat) {
  const TempDir folder;
  const std::string loud =
      "[source.a]\nuse = \"demo.sequence\"\ncount = 1\n"
      "[operator.b]\nuse = \"core.inspect\"\nfrom = \"a\"\n"
      "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"b\"\n";
  const RunResult run = streamhost(local(folder, loud, "1"));
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_TRUE(std::regex_search(run.err, std::regex("\n\\[0\\] .* info "))) << run.err;
  // Programs that read the log want nothing before the object.
  const RunResult json = streamhost(local(folder, loud, "1", {"--log-format", "json"}));
  EXPECT_EQ(json.err.find("[0]"), std::string::npos) << json.err;
  for (size_t at = 0; at < json.err.size();) {
    const size_t end = json.err.find('\n', at);
    EXPECT_TRUE(is_json(json.err.substr(at, end - at))) << json.err;
    at = end + 1;
  }
}

TEST(LocalCluster, DrainsAtASignal) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const TempDir folder;
    Child cluster(command(folder, kEndless, "2"));
    ASSERT_TRUE(cluster.wait_for_output("\n20\n")) << cluster.err();
    cluster.signal(signal);
    const RunResult run = cluster.wait(seconds(30));
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_NE(run.err.find("draining"), std::string::npos) << run.err;
    EXPECT_EQ(run.out.back(), '\n');
  }
}

TEST(LocalCluster, StopsAtOnceAtASecondSignal) {
  const TempDir folder;
  Reader reader = Reader::of_pipe();
  RunOptions options;
  options.out = reader.writer();
  Child cluster(command(folder, kFast, "2"), options);
  const std::vector<pid_t> pids = children(cluster);
  ASSERT_EQ(pids.size(), 2U) << cluster.err();
  ASSERT_TRUE(reader.wait_until_full(seconds(20)));  // now it waits for us, for ever
  cluster.signal(SIGTERM);
  ASSERT_TRUE(cluster.wait_for_output("draining")) << cluster.err();
  cluster.signal(SIGTERM);
  const RunResult run = cluster.wait(seconds(30));
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_NE(run.err.find("stopped at once"), std::string::npos) << run.err;
  for (const pid_t pid : pids) EXPECT_TRUE(ends(pid));
}

TEST(LocalCluster, EndsWhenAProcessIsKilled) {
  const TempDir folder;
  Child cluster(command(folder, kEndless, "3"));
  const std::vector<pid_t> pids = children(cluster);
  ASSERT_EQ(pids.size(), 3U) << cluster.err();
  ASSERT_TRUE(cluster.wait_for_output("\n20\n")) << cluster.err();
  ::kill(pids[1], SIGKILL);
  const RunResult run = cluster.wait(seconds(30));
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_NE(run.err.find("error process 1 was ended by signal 9 (Killed): the others are ended\n"),
            std::string::npos)
      << run.err;
  EXPECT_EQ(run.err.find("error process 0"), std::string::npos) << run.err;
  for (const pid_t pid : pids) EXPECT_TRUE(ends(pid));
}

TEST(LocalCluster, LeavesNobodyBehindWhenItIsKilled) {
  const TempDir folder;
  Child cluster(command(folder, kEndless, "2"));
  const std::vector<pid_t> pids = children(cluster);
  ASSERT_EQ(pids.size(), 2U) << cluster.err();
  cluster.signal(SIGKILL);
  cluster.wait(seconds(30));
  for (const pid_t pid : pids) EXPECT_TRUE(ends(pid));
}

TEST(LocalCluster, FailsWhenNobodyTakesItsOutput) {
  const TempDir folder;
  Reader reader = Reader::of_pipe();
  RunOptions options;
  options.out = reader.writer();
  Child cluster(command(folder, kFast, "2"), options);
  reader.close_writer();
  ASSERT_TRUE(reader.wait_until_full(seconds(20)));
  reader.close();
  const RunResult run = cluster.wait(seconds(30));
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_NE(run.err.find("standard output was closed"), std::string::npos) << run.err;
}

// Numbers from 1 to so many, and how often each digit ends one.
std::string digits(const std::string& partitions, const std::string& count) {
  return "[source.numbers]\nuse = \"demo.sequence\"\ncount = " + count +
         "\npartitions = " + partitions +
         "\n[operator.digit]\nuse = \"lua.key_on\"\nfrom = \"numbers\"\nexpr = "
         "\"string.sub(value, -1)\"\ncodec = \"text\"\n"
         "[operator.counts]\nuse = \"core.count_final\"\nfrom = \"digit\"\n"
         "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"counts\"\n"
         "format = \"{key} {value}\"\n";
}

Words sorted_lines(const std::string& text) {
  Words lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST(LocalCluster, PutsOutWhatOneProcessDoes) {
  const TempDir folder;
  const std::string job = digits("7", "20000");
  const RunResult alone = streamhost({"--manifest", folder.write("alone.toml", job)});
  ASSERT_EQ(alone.status, 0) << alone.err;
  ASSERT_EQ(sorted_lines(alone.out).size(), 10U) << alone.out;
  for (const char* processes : {"2", "3", "5"}) {
    const RunResult run = streamhost(local(folder, job, processes, {"-w", "2"}));
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(sorted_lines(run.out), sorted_lines(alone.out)) << processes << '\n' << run.err;
  }
}

TEST(LocalCluster, DrainsAltogetherWhenOneProcessIsToldTo) {
  const TempDir folder;
  Child cluster(command(folder, kEndless, "3"));
  const std::vector<pid_t> pids = children(cluster);
  ASSERT_EQ(pids.size(), 3U) << cluster.err();
  ASSERT_TRUE(cluster.wait_for_output("\n20\n")) << cluster.err();
  ::kill(pids[2], SIGTERM);
  const RunResult run = cluster.wait(seconds(30));
  EXPECT_EQ(run.status, 0) << run.err;
}

TEST(LocalCluster, FailsAltogetherWhenAStepFailsAnywhere) {
  const TempDir folder;
  const std::string job =
      "[source.in]\nuse = \"file.lines\"\npath = \"" + folder.write("in", "1\n2\nthree\n") +
      "\"\n[operator.sum]\nuse = \"json.extract\"\nfrom = \"in\"\nkey = \"/k\"\n"
      "[sink.out]\nuse = \"stdio.lines\"\nfrom = \"sum\"\n";
  const RunResult run = streamhost(local(folder, job, "2"));
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_NE(run.err.find("step \"sum\" (json.extract)"), std::string::npos) << run.err;
}

TEST(LocalCluster, GoesOnWithAnyNumberOfProcesses) {
  const TempDir folder;
  const std::string store = folder / "store";
  const auto job = [&](int lines) {
    std::string text;
    for (int i = 0; i < lines; ++i) text += "k" + std::to_string(i % 20) + "\n";
    folder.write("in", text);
    return "[source.in]\nuse = \"file.lines\"\npath = \"" + (folder / "in") +
           "\"\nranges = 1\n[operator.key]\nuse = \"core.key_on\"\nfrom = \"in\"\n"
           "key = \"value\"\n[operator.counts]\nuse = \"core.aggregate\"\nfrom = \"key\"\n"
           "aggregate = \"agg.count\"\n[sink.out]\nuse = \"file.lines\"\nfrom = \"counts\"\n"
           "path = \"" +
           (folder / "out") + "\"\nformat = \"{key} {value}\"\n";
  };
  int lines = 0;
  for (const char* processes : {"2", "3", "1", "2"}) {
    lines += 200;
    const RunResult run =
        streamhost(local(folder, job(lines), processes, {"-w", "2", "-r", store}));
    ASSERT_EQ(run.status, 0) << processes << ": " << run.err;
  }
  std::ifstream out(folder / "out");
  std::stringstream text;
  text << out.rdbuf();
  const Words results = sorted_lines(text.str());
  EXPECT_EQ(std::adjacent_find(results.begin(), results.end()), results.end()) << text.str();
  for (int key = 0; key < 20; ++key) {
    const std::string last = "k" + std::to_string(key) + " " + std::to_string(lines / 20);
    EXPECT_TRUE(std::binary_search(results.begin(), results.end(), last)) << text.str();
  }
}

TEST(LocalCluster, ReadsStandardInputInItsFirstProcess) {
  const TempDir folder;
  RunOptions options;
  options.input = "a\nb\nc\n";
  const RunResult run = streamhost(local(folder, kLines, "3"), options);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(sorted_lines(run.out), (Words{"a", "b", "c"}));
}

}  // namespace
}  // namespace streamhost::testing
