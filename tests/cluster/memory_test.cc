// A slow process slows the sources of all, and nothing grows.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "cluster/small_job.h"

namespace streamhost::cluster_test {
namespace {

// Of a process, in KiB: "VmRSS" now or "VmHWM" at most ever.
size_t memory(pid_t pid, const std::string& what) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(what + ":", 0) == 0) return std::stoul(line.substr(what.size() + 1));
  }
  return 0;
}

TEST(Memory, ASlowProcessSlowsTheSourcesAndNothingGrows) {
  // Values of a kilobyte as fast as they come, of which one process takes a batch in 200 ms, and
  // the others one in 10 us: without a bound, gigabytes would pile up in front of it.
  SmallJob job(
      "name = \"small\"\n[run]\nmemory = \"16MiB\"\n"
      "[source.a]\nuse = \"demo.sequence\"\npartitions = 6\nkeys = 1000\n"
      "[operator.wide]\nuse = \"text.replace\"\nfrom = \"a\"\npattern = '^'\nwith = '" +
          std::string(1000, 'x') +
          "'\n[operator.n]\nuse = \"crash.running\"\nfrom = \"wide\"\n"
          "[operator.paced]\nuse = \"crash.pace\"\nfrom = \"n\"\nper_batch = \"10us\"\n"
          "[sink.out]\nuse = \"testing.slow\"\nfrom = \"paced\"\ndelay = \"0us\"\n"
          "format = \"x\"\npath = \"out.txt\"\n",
      "", false, 3);
  job.op.start(0, "", {"CRASH_SLOWER=1"});
  job.op.start(1, "", {"CRASH_SLOWER=20000"});
  job.op.start(2, "", {"CRASH_SLOWER=1"});
  ASSERT_TRUE(job.together());
  ASSERT_TRUE(job.writes());
  const auto lines = [&] { return std::filesystem::file_size(job.op.folder() / "out.txt") / 2; };
  const auto begin = Clock::now();
  const auto first = lines();
  job.op.wait_until([] { return false; }, Millis(1500));
  std::vector<size_t> before;
  for (size_t i = 0; i < 3; ++i) before.push_back(memory(job.op.member(i).pid(), "VmRSS"));
  job.op.wait_until([] { return false; }, Millis(3000));
  const auto rate = static_cast<double>(lines() - first) /
                    std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("%.0f records a second\n", rate);
  for (size_t i = 0; i < 3; ++i) {
    const size_t after = memory(job.op.member(i).pid(), "VmHWM");
    std::printf("process %zu: %zu KiB, then %zu KiB\n", i, before[i], after);
#ifndef CRASH_SANITIZED
    EXPECT_LT(after, before[i] + (24 << 10)) << "process " << i << " grows";
    EXPECT_LT(after, 200u << 10);
#endif
  }
}

TEST(Memory, AProcessThatHangsLeavesTheOthersSmall) {
  // A timeout so long that nobody gives it up.
  Limits limits;
  limits.timeout = Millis(60'000);
  SmallJob job(
      "name = \"small\"\n[run]\nmemory = \"16MiB\"\n"
      "[source.a]\nuse = \"demo.sequence\"\npartitions = 4\nkeys = 1000\n"
      "[operator.n]\nuse = \"crash.running\"\nfrom = \"a\"\n"
      "[sink.out]\nuse = \"file.lines\"\nfrom = \"n\"\npath = \"out.txt\"\n",
      "", true, 2, limits);
  job.op.start_all();
  ASSERT_TRUE(job.together());
  ASSERT_TRUE(job.writes());
  for (size_t hung = 0; hung < 2; ++hung) {
    job.op.member(hung).signal(SIGSTOP);
    const pid_t other = job.op.member(1 - hung).pid();
    std::this_thread::sleep_for(Millis(500));  // what there is room for has been sent by then
    const size_t before = memory(other, "VmRSS");
    std::this_thread::sleep_for(Millis(2000));
    const size_t after = memory(other, "VmRSS");
    std::printf("the other one: %zu KiB, then %zu KiB\n", before, after);
#ifndef CRASH_SANITIZED
    EXPECT_LT(after, before + (8 << 10));
#endif
    job.op.member(hung).signal(SIGCONT);
  }
  job.op.member(0).signal(SIGTERM);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(job.end_of(i), 0) << job.said(i);
}

}  // namespace
}  // namespace streamhost::cluster_test
