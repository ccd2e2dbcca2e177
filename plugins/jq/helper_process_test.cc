// Programs that do what they should not, and what happens to the process that runs them.
#include "helper_process.h"

#include <dirent.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "test_support.h"

namespace streamhost::jq {
namespace {

// What is said of a record that is 1 when the program gets out of hand with it; its neighbours go
// well.
std::string problem_of(const std::string& program, Options more = {},
                       const std::string& component = "map") {
  more["program"] = "if . == 1 then (" + program + ") else . end";
  ComponentHarness h(component, with_limits(std::move(more)));
  EXPECT_EQ(h.error, "");
  EXPECT_EQ(h.process({{"k", "0"}, {"k", "1"}, {"k", "2"}}), SH_OK) << h.message();
  EXPECT_EQ(h.out.size(), 2u);
  EXPECT_EQ(h.out.empty() ? "nothing" : h.out.back().value, "2");
  EXPECT_EQ(h.rejected.size(), 1u);
  return h.rejected.empty() ? "" : h.rejected[0];
}

constexpr const char* kRunaway =
    "the program does not come to an end: more than 0.4 s of computing for one record (timeout)";
constexpr const char* kMemory =
    "the program needs more memory than the 64 MiB it may use (memory_limit)";
const Options kPatient = {{"timeout", "20000000"}};

TEST(Runaway, ProgramsEnd) {
  EXPECT_EQ(problem_of("def f: f; f"), kRunaway);
  EXPECT_EQ(problem_of("last(repeat(1))"), kRunaway);
  EXPECT_EQ(problem_of("[range(1e15) | empty]"), kRunaway);
  EXPECT_EQ(problem_of("until(false; .)", {}, "filter"), kRunaway);
}

TEST(Runaway, TheTimeBeginsAnewWithEachRecord) {
  ComponentHarness h("map",
                     with_limits({{"program", "[range(200000)] | length"}, {"timeout", "300000"}}));
  const Records records(20, TestRecord{"k", "1"});
  ASSERT_EQ(h.process(records), SH_OK);
  EXPECT_EQ(h.out.size(), 20u);
}

TEST(Runaway, WaitingIsNoComputing) {
  ComponentHarness h("map", with_limits({{"program", "."}, {"timeout", "10000"}}));
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(h.process({{"k", "1"}}), SH_OK);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(h.out.size(), 4u);
  EXPECT_TRUE(h.rejected.empty());
}

TEST(Memory, TooMuchIsAnError) {
  EXPECT_EQ(problem_of("[range(1e12)]", kPatient), kMemory);
  EXPECT_EQ(problem_of("reduce range(100) as $i (\"x\"; . + .)", kPatient), kMemory);
  EXPECT_EQ(problem_of("\"xxxxxxxxxxxxxxxx\" * 1e8", kPatient), kMemory);
  EXPECT_EQ(problem_of("def f: 1 + f; f", kPatient), kMemory);
  EXPECT_EQ(problem_of("null | .[100000000] = 1", kPatient), kMemory);
  EXPECT_EQ(problem_of("repeat(.)", kPatient, "flat_map"), kMemory);
}

TEST(Memory, RubbishIsGivenBack) {
  ComponentHarness h("map", with_limits({{"program", "(\"x\" * 5000) | length"}}));
  for (int i = 0; i < 20; ++i) ASSERT_EQ(h.process(Records(100, TestRecord{"k", "1"})), SH_OK);
  EXPECT_EQ(h.out.size(), 2000u);
}

TEST(Memory, AValueThatIsTooLargeIsABadRecordAndItsNeighboursAreNot) {
  ComponentHarness h(
      "filter", with_limits({{"program", "true"}, {"memory_limit", std::to_string(16 << 20)}}));
  const std::string large = '"' + std::string(24 << 20, 'x') + '"';
  ASSERT_EQ(h.process({{"k", "0"}, {"k", "1"}, {"k", large}, {"k", "3"}, {large, "4"}, {"k", "5"}}),
            SH_OK)
      << h.message();
  ASSERT_EQ(h.rejected.size(), 2u);
  for (const std::string& why : h.rejected) {
    EXPECT_EQ(why, "the program needs more memory than the 16 MiB it may use (memory_limit)");
  }
  std::string passed;
  for (const TestRecord& r : h.out) passed += r.value.value_or("-") + " ";
  EXPECT_EQ(passed, "0 1 3 5 ");
}

TEST(Recursion, TooDeepIsAnError) {
  EXPECT_EQ(problem_of("reduce range(3e6) as $i (0; [.]) | 7",
                       {{"memory_limit", "2000000000"}, {"timeout", "60000000"}}),
            "values or calls are nested too deeply for jq");
  EXPECT_EQ(problem_of("reduce range(20000) as $i (0; [.])", kPatient),
            "the result is nested too deeply for jq to write it");
}

TEST(Recursion, OfTheProgramItselfIsFoundWhenItIsMade) {
  const std::string error =
      ComponentHarness("map", with_limits({{"program", std::string(200'000, '(')}})).error;
  EXPECT_TRUE(error.starts_with("program")) << error;
  EXPECT_LT(error.size(), 1000u);
}

TEST(Crashes, OfLibjqAreErrors) {
  // An index that its arithmetic cannot bear; a repaired libjq says so by itself.
  const std::string problem = problem_of("[] | .[2147483647] = 1", kPatient);
  EXPECT_FALSE(problem.empty());
}

TEST(Crashes, ManyInOneBatchEachConcernOneRecord) {
  ComponentHarness h("map", with_limits({{"program", "if . % 3 == 0 then [range(1e12)] else . end"},
                                         {"memory_limit", std::to_string(16 << 20)},
                                         {"timeout", "20000000"}}));
  Records records;
  for (int i = 0; i < 30; ++i) records.push_back({"k", std::to_string(i)});
  ASSERT_EQ(h.process(records), SH_OK);
  EXPECT_EQ(h.rejected.size(), 10u);
  ASSERT_EQ(h.out.size(), 20u);
  EXPECT_EQ(h.out[19].value, "29");
}

// The process by itself.
struct Results : HelperProcess::Taker {
  void results(uint32_t, uint32_t count, std::string_view) override {
    taken += count;
    if (taken == throw_at) throw std::runtime_error("enough");
  }
  void bad(uint32_t, std::string_view message) override { problem = message; }
  void log(std::string_view) override {}
  uint32_t taken = 0, throw_at = 0;
  std::string problem;
};

HelperProcess::Settings settings(const std::string& program) {
  HelperProcess::Settings s;
  s.name = "program";
  s.source = program;
  return s;
}

std::vector<sh_record> ones(size_t count) {
  sh_record r{};
  r.key_len = SH_ABSENT;
  r.event_time_us = SH_NO_TIME;
  r.value = reinterpret_cast<const uint8_t*>("1");
  r.value_len = 1;
  return std::vector<sh_record>(count, r);
}

TEST(Process, IsStartedAnewWhenSomebodyEndsIt) {
  HelperProcess process(settings("."));
  Results results;
  const auto records = ones(10);
  for (int i = 0; i < 3; ++i) {
    process.run(records.data(), 10, results);
    const pid_t before = process.pid();
    ASSERT_GT(before, 0);
    ASSERT_EQ(kill(before, SIGKILL), 0);
  }
  process.run(records.data(), 10, results);
  EXPECT_EQ(results.taken, 40u);
  EXPECT_EQ(results.problem, "");
}

TEST(Process, IsNotEndedByTheSignalsThatStopTheHost) {
  HelperProcess process(settings("."));
  Results results;
  const auto records = ones(10);
  const pid_t before = process.pid();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGPIPE}) {
    kill(before, signal);
    process.run(records.data(), 10, results);
  }
  EXPECT_EQ(process.pid(), before);
  EXPECT_EQ(results.taken, 60u);
}

TEST(Process, AnExceptionOfTheTakerLeavesNothingBehind) {
  HelperProcess process(settings("."));
  Results results;
  results.throw_at = 5;
  const auto records = ones(100'000);
  EXPECT_THROW(process.run(records.data(), 100'000, results), std::runtime_error);
  EXPECT_EQ(process.pid(), -1);
  results.taken = results.throw_at = 0;
  process.run(records.data(), 3, results);
  EXPECT_EQ(results.taken, 3u);
}

TEST(Process, EndsWithItsOwner) {
  pid_t pid = -1;
  {
    HelperProcess process(settings("."));
    pid = process.pid();
    ASSERT_EQ(kill(pid, 0), 0);
  }
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(Process, EndsWithItsOwnerAlsoInTheMiddleOfAComputation) {
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);  // so that it can be waited for here
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t owner = fork();
  ASSERT_GE(owner, 0);
  if (owner == 0) {
    HelperProcess::Settings endless = settings("def f: f; f");
    endless.timeout_us = 3'600'000'000;
    HelperProcess process(endless);
    const pid_t pid = process.pid();
    if (write(ends[1], &pid, sizeof pid) != sizeof pid) _exit(1);
    Results results;
    const auto records = ones(1);
    process.run(records.data(), 1, results);
    _exit(1);
  }
  pid_t pid = -1;
  ASSERT_EQ(read(ends[0], &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  kill(owner, SIGKILL);
  ASSERT_EQ(waitpid(owner, nullptr, 0), owner);
  pid_t ended = 0;
  for (int i = 0; i < 100 && ended == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ended = waitpid(pid, nullptr, WNOHANG);
  }
  EXPECT_EQ(ended, pid) << "it goes on computing";
  if (ended == 0) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  close(ends[0]);
  close(ends[1]);
  prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

TEST(Process, LeavesNoDescriptorsOpen) {
  const auto open_now = [] {
    size_t count = 0;
    DIR* const dir = opendir("/proc/self/fd");
    while (readdir(dir) != nullptr) ++count;
    closedir(dir);
    return count;
  };
  const size_t before = open_now();
  for (int i = 0; i < 5; ++i) {
    HelperProcess process(settings("."));
    EXPECT_EQ(open_now(), before + 1);
    EXPECT_THROW(HelperProcess(settings(".(")), Error);
  }
  EXPECT_EQ(open_now(), before);
}

}  // namespace
}  // namespace streamhost::jq
