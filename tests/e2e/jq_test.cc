// The plugin jq through the real host.
#include <gtest/gtest.h>

#include <signal.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "support/process.h"

namespace streamhost::testing {
namespace {

RunResult run_step(const std::string& use, const std::string& options, const std::string& input,
                   const std::vector<std::string>& more = {"-w", "1"}) {
  const TempDir folder;
  folder.write("by_user.jq", "# total of a user\n.items\n| map(.price)\n| add as $x\n| $x.y\n");
  const std::string manifest =
      folder.write("job.toml",
                   "name = \"jq_test\"\n[source.in]\nuse = \"stdio.lines\"\n[operator.step]\nuse = "
                   "\"jq." +
                       use + "\"\nfrom = \"in\"\n" + options +
                       "\n[sink.out]\nuse = \"stdio.lines\"\nfrom = \"step\"\nformat = "
                       "\"{key}|{value}\"\n");
  RunOptions run;
  run.input = input;
  run.environment = {"STREAMHOST_JQ_SECRET=x"};
  std::vector<std::string> arguments = {"--manifest", manifest};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return streamhost(arguments, run);
}

bool mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::string kInput = "{\"a\":1}\n{\"a\":[2,3]}\n{\"a\":\"x\"}\n";

TEST(JqInAJob, MapsFiltersAndSplits) {
  EXPECT_EQ(run_step("map", "program = '{b: .a}'", kInput).out,
            "|{\"b\":1}\n|{\"b\":[2,3]}\n|{\"b\":\"x\"}\n");
  EXPECT_EQ(run_step("filter", "program = '.a | type == \"array\"'", kInput).out,
            "|{\"a\":[2,3]}\n");
  EXPECT_EQ(run_step("flat_map", "program = '.a | arrays | .[]'", kInput).out, "|2\n|3\n");
  EXPECT_EQ(run_step("map", "program = '.a'\noutput = 'text'", kInput).out, "|1\n|[2,3]\n|x\n");
}

TEST(JqInAJob, RunsOnEveryWorker) {
  const TempDir folder;
  const std::string manifest = folder.write("job.toml", R"(
name = "jq_workers"
[source.numbers]
use = "demo.sequence"
count = 20000
keys = 7
partitions = 4
[operator.odd]
use = "jq.filter"
from = "numbers"
program = "fromjson? // . | . % 2 == 1"
[operator.plus]
use = "jq.map"
from = "odd"
program = '. + ($key | length) * 0 + 1'
[operator.by]
use = "core.key_on"
from = "plus"
key = "constant:all"
[operator.sum]
use = "core.sum_final"
from = "by"
[sink.out]
use = "stdio.lines"
from = "sum"
)");
  const RunResult result = streamhost({"--manifest", manifest, "-w", "3"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "100010000\n");  // 1 + 3 + … + 19999, and 10000 ones
}

TEST(JqInAJob, AMistakeIsFoundByCheck) {
  const auto refusal = [](const std::string& options) {
    const RunResult run = run_step("map", options, kInput);
    EXPECT_EQ(run.status, 2);
    EXPECT_EQ(run.out, "");
    return run.err;
  };
  EXPECT_TRUE(mentions(refusal("program = '.a |'"),
                       "job.toml:4:1: error: step \"step\" (jq.map): program:1:4: syntax error, "
                       "unexpected $end\n"));
  EXPECT_TRUE(mentions(refusal("program = '''\n.a\n| nothing(.)'''"),
                       "program:2:3: nothing/1 is not defined\n"));
  EXPECT_TRUE(mentions(refusal("script = 'gone.jq'"), "gone.jq\" cannot be read: No such file"));
  EXPECT_TRUE(mentions(refusal(""), "give one of program and script"));
  EXPECT_TRUE(mentions(refusal("program = '.'\ntimeout = '1us'"), "\"timeout\""));
}

TEST(JqInAJob, HostileProgramsFailTheJobWithAMessage) {
  const auto failure = [](const std::string& options) {
    const RunResult run = run_step("map", options, kInput);
    EXPECT_EQ(run.status, 1) << run.err;
    EXPECT_TRUE(mentions(run.err, "step \"step\"")) << run.err;
    return run.err;
  };
  EXPECT_TRUE(mentions(failure("program = 'def f: f; f'\ntimeout = '200ms'"),
                       "the program does not come to an end: more than 0.2 s of computing for one "
                       "record (timeout)"));
  for (const char* program : {"[range(1e12)]", "def f: 1 + f; f", "\"xxxxxxxxxxxxxxxx\" * 1e8"}) {
    EXPECT_TRUE(mentions(failure(std::string("program = '") + program +
                                 "'\nmemory_limit = '32MiB'\ntimeout = '60s'"),
                         "the program needs more memory than the 32 MiB it may use (memory_limit)"))
        << program;
  }
  EXPECT_TRUE(
      mentions(failure("program = 'reduce range(20000) as $i (0; [.])'"), "nested too deeply"));
  EXPECT_TRUE(mentions(failure("program = '{(.a): 1}'"), "as object key"));
  EXPECT_TRUE(mentions(failure("program = '.a.b'"), "Cannot index number with string \"b\""));
}

TEST(JqInAJob, BadRecordsCanBeSkipped) {
  const RunResult run =
      run_step("map",
               "program = 'if .a == 1 then [range(1e12)] else .a end'\nmemory_limit = '32MiB'\n"
               "timeout = '60s'\non_error = 'skip'",
               "{\"a\":1}\n{\"a\":2}\nno json\n{\"a\":3}\n");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "|2\n|3\n");
}

// The processes that a process started.
std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> all;
  const std::filesystem::path tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::ifstream children(task.path() / "children");
    for (pid_t child = 0; children >> child;) all.push_back(child);
  }
  return all;
}

// Ended, even if nobody has asked for its status yet.
bool has_ended(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  if (!status) return true;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("State:")) return mentions(line, "Z") || mentions(line, "X");
  }
  return true;
}

// A running job that has put out what came of its first record.
struct Running {
  explicit Running(const std::string& program)
      : manifest(folder.write(
            "job.toml",
            "name = \"jq_runs\"\n[source.in]\nuse = \"stdio.lines\"\n[operator.step]\nuse = "
            "\"jq.map\"\nfrom = \"in\"\ntimeout = \"500ms\"\nprogram = '" +
                program + "'\n[sink.out]\nuse = \"stdio.lines\"\nfrom = \"step\"\n")),
        host({streamhost_path(), "--manifest", manifest, "-w", "2"}) {
    host.write_input("41\n");
    EXPECT_TRUE(host.wait_for_output("42"));
    helpers = children_of(host.pid());
    EXPECT_EQ(helpers.size(), 2u);
  }
  void expect_no_helper() const {
    for (const pid_t pid : helpers) {
      for (int i = 0; i < 500 && !has_ended(pid); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      EXPECT_TRUE(has_ended(pid));
    }
  }
  TempDir folder;
  std::string manifest;
  Child host;
  std::vector<pid_t> helpers;
};

TEST(JqInAJob, ItsProcessesAreGoneWhenTheHostIsKilled) {
  Running idle(". + 1");
  idle.host.signal(SIGKILL);
  idle.host.wait();
  idle.expect_no_helper();

  Running busy("if . == 41 then 42 else last(repeat(1)) end");
  busy.host.write_input("1\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  busy.host.signal(SIGKILL);
  busy.host.wait();
  busy.expect_no_helper();
}

TEST(JqInAJob, ADrainThatSignalsEveryProcessIsADrain) {
  Running job(". + 1");
  for (const pid_t pid : job.helpers) kill(pid, SIGTERM);
  job.host.write_input("6\n");
  EXPECT_TRUE(job.host.wait_for_output("7"));
  job.host.signal(SIGTERM);
  const RunResult result = job.host.wait();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "42\n7\n");
  job.expect_no_helper();
}

TEST(JqInAJob, SeesNothingOfTheHost) {
  EXPECT_EQ(run_step("map", "program = '[env, $ENV]'", "1\n").out, "|[{},{}]\n");
}

}  // namespace
}  // namespace streamhost::testing
