// Jobs while they run: signals, failures, slow readers, bad records, any number of workers.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>

#include "e2e/json_check.h"
#include "e2e/reader.h"
#include "support/process.h"

namespace streamhost::testing {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;
using std::chrono::milliseconds;
using std::chrono::seconds;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsItsOwn = false;  // sanitizers keep what was freed
#else
constexpr bool kMemoryIsItsOwn = true;
#endif

const std::string kToStdout = "[sink.out]\nuse = \"stdio.lines\"\nfrom = ";

RunResult run_job(const TempDir& folder, const std::string& manifest,
                  std::vector<std::string> arguments = {}) {
  folder.write("job.toml", manifest);
  arguments.insert(arguments.begin(), {"--manifest", "job.toml"});
  RunOptions options;
  options.directory = folder.path().string();
  return streamhost(arguments, options);
}

std::vector<std::string> command(const TempDir& folder, const std::string& manifest,
                                 const std::string& workers) {
  return {streamhost_path(), "--manifest", folder.write("job.toml", manifest), "-w", workers};
}

// A line of the log without its time.
std::string without_time(const std::string& line) {
  return line.size() < 24 ? line : line.substr(24);
}

// The only line of a log, without its time.
std::string only_line(const std::string& log) {
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
  return without_time(log);
}

// Whether these numbers, one a line, are all from 0 to some n in each of `partitions` classes.
::testing::AssertionResult are_contiguous(const std::string& text, uint64_t partitions) {
  if (text.empty() || text.back() != '\n') {
    return ::testing::AssertionFailure() << "the last line is not whole";
  }
  std::map<uint64_t, std::vector<uint64_t>> numbers;
  for (const std::string& line : sorted_lines(text)) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc() || end != line.data() + line.size() || line.empty()) {
      return ::testing::AssertionFailure() << "this is no number: " << line;
    }
    numbers[number % partitions].push_back(number);
  }
  for (auto& [first, all] : numbers) {
    std::sort(all.begin(), all.end());
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i] != first + i * partitions) {
        return ::testing::AssertionFailure()
               << all[i] << " stands where " << first + i * partitions << " should";
      }
    }
  }
  return ::testing::AssertionSuccess();
}

class OnWorkers : public ::testing::TestWithParam<const char*> {};
std::string worker_count(const ::testing::TestParamInfo<const char*>& workers) {
  return workers.param;
}
INSTANTIATE_TEST_SUITE_P(AnyNumber, OnWorkers, ::testing::Values("1", "2", "4"), worker_count);

TEST_P(OnWorkers, ADrainedJobHasDoneAllThatItRead) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const TempDir folder;
    Child job(command(folder,
                      "[source.a]\nuse = \"demo.sequence\"\nrate = 100000\npartitions = 3\n"
                      "[operator.spread]\nuse = \"core.redistribute\"\nfrom = \"a\"\n" +
                          kToStdout + "\"spread\"\n",
                      GetParam()));
    ASSERT_TRUE(job.wait_for_output("\n5000\n")) << job.err();
    job.signal(signal);
    const RunResult run = job.wait(seconds(30));
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(only_line(run.err),
              "info draining: no more input is read; a second signal stops at once\n");
    EXPECT_TRUE(are_contiguous(run.out, 3));
  }
}

TEST_P(OnWorkers, ASecondSignalStopsAtOnce) {
  const TempDir folder;
  Reader reader = Reader::of_pipe();
  RunOptions options;
  options.out = reader.writer();
  Child job(
      command(folder, "[source.a]\nuse = \"demo.sequence\"\n" + kToStdout + "\"a\"\n", GetParam()),
      options);
  ASSERT_TRUE(reader.wait_until_full(seconds(20)));  // now it waits for us, for ever
  job.signal(SIGTERM);
  ASSERT_TRUE(job.wait_for_output("draining")) << job.err();
  job.signal(SIGINT);
  const RunResult run = job.wait(seconds(30));
  EXPECT_EQ(run.status, 1);
  const size_t second = run.err.find('\n') + 1;
  EXPECT_EQ(only_line(run.err.substr(second)),
            "error stopped at once by a second signal; output may be incomplete\n");
}

TEST_P(OnWorkers, OneStepThatFailsStopsTheWholeJobWithOneMessage) {
  const TempDir folder;
  const RunResult run =
      run_job(folder,
              "[source.a]\nuse = \"demo.sequence\"\npartitions = 4\nkeys = 100\n"
              "[operator.spread]\nuse = \"core.redistribute\"\nfrom = \"a\"\n"
              "[operator.last]\nuse = \"text.match\"\nfrom = \"spread\"\npattern = '^20000.$'\n"
              "[operator.never]\nuse = \"core.raises\"\nfrom = \"last\"\nmessage = \"too far\"\n"
              "[operator.counts]\nuse = \"core.count_final\"\nfrom = [\"spread\", \"never\"]\n"
              "[sink.out]\nuse = \"file.lines\"\nfrom = \"counts\"\npath = \"out.txt\"\n",
              {"-w", GetParam()});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.out, "");
  const std::string message = "error step \"never\" (core.raises): too far: key \"k00000";
  const std::string line = only_line(run.err);
  EXPECT_EQ(line.rfind(message, 0), 0U) << line;
  EXPECT_NE(line.find("\", value \"20000"), std::string::npos) << line;
  // The end was not reached, so there are no final counts.
  EXPECT_EQ(read_file(folder / "out.txt"), "");
}

TEST_P(OnWorkers, AFullDiskStopsAnEndlessJobWithOneMessage) {
  const TempDir folder;
  const RunResult run = run_job(folder,
                                "[source.a]\nuse = \"demo.sequence\"\npartitions = 4\n"
                                "[sink.out]\nuse = \"file.lines\"\nfrom = \"a\"\n"
                                "path = \"/dev/full\"\n",
                                {"-w", GetParam()});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(only_line(run.err),
            "error step \"out\" (file.lines): partition \"/dev/full\": cannot write to "
            "\"/dev/full\" at byte 0: No space left on device\n");
}

TEST_P(OnWorkers, AReaderThatLeavesStopsAnEndlessJobWithOneMessage) {
  const TempDir folder;
  Reader reader = Reader::of_pipe();
  RunOptions options;
  options.out = reader.writer();
  const std::string manifest =
      "[source.a]\nuse = \"demo.sequence\"\npartitions = 4\n" + kToStdout + "\"a\"\n";
  Child job(command(folder, manifest, GetParam()), options);
  reader.close_writer();
  ASSERT_TRUE(reader.read(1000, seconds(20)));
  reader.close();
  const RunResult run = job.wait(seconds(30));
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(only_line(run.err),
            "error step \"out\" (stdio.lines): partition \"stdout\": standard output was closed\n");
}

// The most memory that a program has had so far, in bytes.
int64_t peak_memory(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
  const std::string label = "VmHWM:";
  return std::stoll(status.substr(status.find(label) + label.size())) * 1024;
}

// Reads little by little what an endless job writes as fast as it may, stops it, and looks at what
// it took to wait.
void expect_flat_memory(const std::string& steps, const std::string& workers) {
  constexpr int kPieces = 200;
  constexpr int64_t kMostMemory = 64 << 20;  // the program, and the 8 MiB it is given for records
  const TempDir folder;
  Reader reader = Reader::of_pipe();
  RunOptions options;
  options.out = reader.writer();
  std::vector<std::string> job_command =
      command(folder, "[run]\nmemory = \"8MiB\"\n" + steps + kToStdout + "\"result\"\n", workers);
  Child job(job_command, options);
  reader.close_writer();
  for (int i = 0; i < kPieces; ++i) {
    ASSERT_TRUE(reader.read(4096, seconds(20))) << job.err();
    ::usleep(2000);  // this is what makes it a slow reader; nothing waits for it
  }
  if (kMemoryIsItsOwn) {
    EXPECT_LT(peak_memory(job.pid()), kMostMemory);
  }
  job.signal(SIGTERM);
  ASSERT_TRUE(job.wait_for_output("draining")) << job.err();
  if (kMemoryIsItsOwn) {
    EXPECT_LT(peak_memory(job.pid()), kMostMemory);
  }
  reader.read_to_end();
  const RunResult run = job.wait(seconds(30));
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_TRUE(are_contiguous(reader.text(), 2));
}

TEST_P(OnWorkers, MemoryStaysWithinBoundsWhenTheReaderIsSlow) {
  expect_flat_memory(
      "[source.a]\nuse = \"demo.sequence\"\npartitions = 2\nsize = 100\n"
      "[operator.result]\nuse = \"core.redistribute\"\nfrom = \"a\"\n",
      GetParam());
}

TEST_P(OnWorkers, MemoryStaysWithinBoundsBehindAnExchangeByKeyToo) {
  expect_flat_memory(
      "[source.a]\nuse = \"demo.sequence\"\npartitions = 2\nkeys = 1000\norder = \"random\"\n"
      "[operator.each]\nuse = \"core.collect\"\nfrom = \"a\"\nmax_size = 1\n"
      "[operator.result]\nuse = \"text.replace\"\nfrom = \"each\"\npattern = '[^0-9]'\n"
      "with = \"\"\n",
      GetParam());
}

TEST(SeveralSteps, GiveTheSameOnAnyNumberOfWorkersAndInAnyBatches) {
  const std::string manifest =
      "[source.events]\nuse = \"demo.nexmark\"\ncount = 20000\npartitions = 5\n"
      "[operator.prices]\nuse = \"json.extract\"\nfrom = \"events.bids\"\nkey = \"/auction\"\n"
      "value = \"/price\"\n"
      "[operator.stats]\nuse = \"core.stats_final\"\nfrom = \"prices\"\n"
      "[operator.words]\nuse = \"text.split\"\nfrom = [\"events.persons\", \"stats\"]\n"
      "[operator.spread]\nuse = \"core.redistribute\"\nfrom = \"words\"\n"
      "[operator.by_word]\nuse = \"core.key_on\"\nfrom = \"spread\"\nkey = \"value\"\n"
      "[operator.counts]\nuse = \"core.count_final\"\nfrom = \"by_word\"\n"
      "[operator.largest]\nuse = \"core.max_final\"\nfrom = \"prices\"\n" +
      kToStdout + "[\"counts\", \"largest\", \"stats\"]\nformat = \"{key}={value}\"\n";
  const TempDir folder;
  Lines expected;
  for (const auto& [workers, batch] :
       {std::pair{"1", "1024"}, {"2", "1024"}, {"3", "1"}, {"4", "7"}, {"8", "65536"}}) {
    const RunResult run = run_job(folder, manifest, {"-w", workers, "--batch-size", batch});
    EXPECT_EQ(run.status, 0) << run.err;
    const Lines lines = sorted_lines(run.out);
    if (expected.empty()) expected = lines;
    EXPECT_GT(lines.size(), 1000U);
    EXPECT_TRUE(lines == expected) << workers << " workers, batches of " << batch;
  }
}

// Records of which number 3 is not JSON, and its reader.
const std::string kOneBad =
    "[source.a]\nuse = \"demo.sequence\"\ncount = 6\nkeys = 2\ntime_start = 2024-05-01T10:00:00Z\n"
    "[operator.spoil]\nuse = \"text.replace\"\nfrom = \"a\"\npattern = \"3\"\nwith = '{\"a\":'\n"
    "[operator.read]\nuse = \"json.extract\"\nfrom = \"spoil\"\nvalue = \"\"\n";
const std::string kWhy = "the value is not JSON: an object or array is not closed at its end";

TEST(BadRecords, FailTheJobUnlessTheManifestSaysOtherwise) {
  const TempDir folder;
  const RunResult run = run_job(folder, kOneBad + kToStdout + "\"read\"\n");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(only_line(run.err), "error step \"read\" (json.extract): " + kWhy +
                                    ": key \"k0000001\", value \"{\\\"a\\\":\"\n");
}

TEST(BadRecords, AreSkippedWithAWarningWhenAskedTo) {
  const TempDir folder;
  for (const char* workers : {"1", "3"}) {
    const RunResult run = run_job(
        folder, kOneBad + "on_error = \"skip\"\n" + kToStdout + "\"read\"\n", {"-w", workers});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(run.out, "0\n1\n2\n4\n5\n");
    EXPECT_EQ(only_line(run.err),
              "warning step \"read\" (json.extract): skipped a record (1 so far): " + kWhy +
                  ": key \"k0000001\", value \"{\\\"a\\\":\"\n");
  }
}

TEST(BadRecords, GoWhereTheErrorsPortLeads) {
  const TempDir folder;
  const std::string manifest = kOneBad + kToStdout +
                               "\"read\"\n[sink.bad]\nuse = \"file.lines\"\nfrom = \"read.errors\""
                               "\npath = \"bad.jsonl\"\n";
  for (const char* workers : {"1", "3"}) {
    const RunResult run = run_job(folder, manifest, {"-w", workers});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(run.err, "");
    EXPECT_EQ(run.out, "0\n1\n2\n4\n5\n");
    EXPECT_EQ(read_file(folder / "bad.jsonl"),
              "{\"step\":\"read\",\"error\":\"" + kWhy +
                  "\",\"key\":\"k0000001\",\"value\":\"{\\\"a\\\":\",\"timestamp\":"
                  "1714557600000000}\n");  // 2024-05-01T10:00:00Z in microseconds
  }
}

TEST(BadRecords, ThatAreNotUtf8AreOneOfThem) {
  const TempDir folder;
  folder.write("in.jsonl", "{\"k\":1}\n{\"k\":\"\xff\"}\n{\"k\":2}\n");
  const std::string manifest =
      "[source.a]\nuse = \"file.lines\"\npath = \"in.jsonl\"\n"
      "[operator.read]\nuse = \"json.extract\"\nfrom = \"a\"\nvalue = \"/k\"\n";
  const std::string why = "the value is not JSON: The input is not valid UTF-8";
  const RunResult failed = run_job(folder, manifest + kToStdout + "\"read\"\n");
  EXPECT_EQ(failed.status, 1);
  EXPECT_EQ(only_line(failed.err).rfind("error step \"read\" (json.extract): " + why, 0), 0U);

  const RunResult logged =
      run_job(folder, manifest + kToStdout + "\"read\"\n", {"--log-format", "json"});
  EXPECT_EQ(logged.status, 1);
  EXPECT_TRUE(is_json(logged.err)) << logged.err;

  const RunResult split =
      run_job(folder, manifest + kToStdout + "[\"read\", \"read.errors\"]\n", {"-w", "2"});
  EXPECT_EQ(split.status, 0) << split.err;
  const Lines lines = sorted_lines(split.out);
  ASSERT_EQ(lines.size(), 3U) << split.out;
  EXPECT_EQ(lines[0], "1");
  EXPECT_EQ(lines[1], "2");
  EXPECT_TRUE(is_json(lines[2])) << lines[2];
  EXPECT_EQ(lines[2].rfind("{\"step\":\"read\",\"error\":\"" + why, 0), 0U) << lines[2];
}

// A job that copies in.txt, of `lines` lines, to a pipe that nobody reads for now.
class StuckCopy {
 public:
  explicit StuckCopy(int lines) {
    std::string text;
    for (int i = 0; i < lines; ++i) text += std::to_string(i) + "\n";
    input_ = folder_.write("in.txt", text);
    RunOptions options;
    options.out = reader_.writer();
    job_ = std::make_unique<Child>(
        command(folder_,
                "[source.a]\nuse = \"file.lines\"\npath = \"in.txt\"\n" + kToStdout + "\"a\"\n",
                "1"),
        options);
    reader_.close_writer();
    running_ = reader_.read(1, seconds(20));
  }
  bool running() const { return running_; }
  const std::string& input() const { return input_; }
  RunResult go_on() {
    reader_.read_to_end();
    return job_->wait(seconds(30));
  }
  const std::string& text() const { return reader_.text(); }

 private:
  TempDir folder_;
  Reader reader_ = Reader::of_pipe();
  std::string input_;
  std::unique_ptr<Child> job_;
  bool running_ = false;
};

TEST(InputFiles, ThatAreRemovedMeanwhileAreReadToTheirEnd) {
  StuckCopy copy(500'000);
  ASSERT_TRUE(copy.running());
  const std::string content = read_file(copy.input());
  fs::remove(copy.input());
  const RunResult run = copy.go_on();
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_TRUE(copy.text() == content);
}

TEST(InputFiles, ThatAreCutMeanwhileFailTheJob) {
  StuckCopy copy(500'000);
  ASSERT_TRUE(copy.running());
  fs::resize_file(copy.input(), 100);
  const RunResult run = copy.go_on();
  EXPECT_EQ(run.status, 1);
  const std::string name = '"' + copy.input() + '"';
  const std::string line = only_line(run.err);
  EXPECT_EQ(line.rfind("error step \"a\" (file.lines): partition " + name + ": " + name +
                           " was truncated to 100 bytes while it was read, at byte ",
                       0),
            0U)
      << line;
}

TEST(InputFiles, ThatAreGoneAreSaidBeforeAnyOutputIsTouched) {
  const TempDir folder;
  folder.write("out.txt", "of yesterday\n");
  fs::create_symlink("nowhere", folder / "dangling.txt");
  for (const char* path : {"gone.txt", "dangling.txt"}) {
    const RunResult run = run_job(
        folder, "[source.a]\nuse = \"file.lines\"\npath = \"" + std::string(path) +
                    "\"\n[sink.out]\nuse = \"file.lines\"\nfrom = \"a\"\npath = \"out.txt\"\n");
    EXPECT_EQ(run.status, 1);
    EXPECT_EQ(run.err, "streamhost: step \"a\" (file.lines): cannot read \"" + (folder / path) +
                           "\": No such file or directory\n");
    EXPECT_EQ(read_file(folder / "out.txt"), "of yesterday\n");
  }
}

// Runs a command as somebody who may not do everything; empty when that cannot be had here.
std::vector<std::string> as_somebody_else() {
  if (::geteuid() != 0) return {"env"};
  std::vector<std::string> prefix = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
  std::vector<std::string> probe = prefix;
  probe.insert(probe.end(), {streamhost_path(), "plugin", "list"});
  return run(probe).status == 0 ? prefix : std::vector<std::string>();
}

TEST(Permissions, ThatAreMissingAreSaid) {
  std::vector<std::string> words = as_somebody_else();
  if (words.empty()) GTEST_SKIP() << "NOT CHECKED: cannot run the host without root's privileges";
  const TempDir folder;
  const auto write = [&](const std::string& name, const std::string& content, unsigned mode) {
    fs::permissions(folder.write(name, content), static_cast<fs::perms>(mode));
  };
  fs::permissions(folder.path(), static_cast<fs::perms>(0755));
  write("in.txt", "x\n", 0000);
  write("out.txt", "of yesterday\n", 0444);
  write("readable.txt", "x\n", 0444);
  const auto copying = [](const std::string& from, const std::string& to) {
    return "[source.a]\nuse = \"file.lines\"\npath = \"" + from +
           "\"\n[sink.out]\nuse = \"file.lines\"\nfrom = \"a\"\npath = \"" + to + "\"\n";
  };
  write("secret.toml", "", 0000);
  write("input.toml", copying("in.txt", "/dev/null"), 0444);
  write("output.toml", copying("readable.txt", "out.txt"), 0444);
  words.insert(words.end(), {streamhost_path(), "--manifest", ""});
  const auto run_as = [&](const std::string& manifest) {
    words.back() = folder / manifest;
    return run(words);
  };

  const RunResult manifest = run_as("secret.toml");
  EXPECT_EQ(manifest.status, 2);
  EXPECT_EQ(manifest.err,
            "error: cannot read " + (folder / "secret.toml") + ": Permission denied\n");
  const RunResult input = run_as("input.toml");
  EXPECT_EQ(input.status, 1);
  EXPECT_NE(input.err.find("cannot read \"" + (folder / "in.txt") + "\": Permission denied\n"),
            std::string::npos)
      << input.err;
  const RunResult output = run_as("output.toml");
  EXPECT_EQ(output.status, 1);
  EXPECT_NE(output.err.find("cannot write \"" + (folder / "out.txt") + "\": Permission denied"),
            std::string::npos)
      << output.err;
  EXPECT_EQ(read_file(folder / "out.txt"), "of yesterday\n");
}

}  // namespace
}  // namespace streamhost::testing
