#include "base/crash_guard.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>

namespace streamhost {
namespace {

// Each death test runs in a process of its own, so that handlers and atexit hooks stay there.
class CrashGuard : public ::testing::Test {
 protected:
  CrashGuard() { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};
using CrashGuardDeathTest = CrashGuard;

[[noreturn]] void crash_in(const char* what, int status, void (*body)()) {
  install_crash_guard();
  CrashStack stack;
  CrashScope scope(what, status);
  body();
  std::_Exit(0);
}

void segfault() {
  volatile uintptr_t nowhere = 8;  // nothing that a sanitizer sees before the processor does
  *reinterpret_cast<volatile int*>(nowhere) = 1;
}

int overflow(int depth) {
  volatile char pad[4096] = {};
  if (depth < 0) return pad[0];
  return overflow(depth + 1) + pad[1];
}

TEST_F(CrashGuardDeathTest, NamesWhatWasRunningAndEndsWithTheScopesStatus) {
  EXPECT_EXIT(crash_in("init of plugin \"acme\"", 3, [] { ::raise(SIGSEGV); }),
              ::testing::ExitedWithCode(3),
              "^streamhost: fatal: signal 11 \\(segmentation fault\\) in init of plugin \"acme\"");
  EXPECT_EXIT(crash_in("init of plugin \"acme\"", 3, [] { std::abort(); }),
              ::testing::ExitedWithCode(3), "signal 6 \\(abort\\) in init of plugin \"acme\"");
}

TEST_F(CrashGuardDeathTest, WithoutAStatusTheSignalTakesItsCourse) {
  EXPECT_EXIT(
      crash_in("step \"counts\"", 0, [] { ::raise(SIGFPE); }),
      [](int status) { return WIFSIGNALED(status) || WEXITSTATUS(status) != 0; },
      "signal 8 \\(arithmetic error\\) in step \"counts\"");
}

TEST_F(CrashGuardDeathTest, ARealFaultIsNamedToo) {
  EXPECT_EXIT(crash_in("loading acme", 3, segfault), ::testing::ExitedWithCode(3),
              "fatal: signal 11 .* in loading acme");
}

TEST_F(CrashGuardDeathTest, AStackOverflowIsNamed) {
  EXPECT_EXIT(crash_in("init of acme", 3, [] { overflow(0); }), ::testing::ExitedWithCode(3),
              "signal 11 .* in init of acme");
}

TEST_F(CrashGuardDeathTest, ACallOfExitIsNamedAndDoesNotPassForSuccess) {
  EXPECT_EXIT(crash_in("init of acme", 3, [] { std::exit(0); }), ::testing::ExitedWithCode(3),
              "fatal: exit was called in init of acme");
  EXPECT_EXIT(crash_in("step \"a\"", 0, [] { std::exit(0); }), ::testing::ExitedWithCode(1),
              "fatal: exit was called in step \"a\"");
  EXPECT_EXIT(crash_in("step \"a\"", 0, [] { std::quick_exit(0); }), ::testing::ExitedWithCode(1),
              "fatal: exit was called in step \"a\"");
}

TEST_F(CrashGuardDeathTest, OutsideAnyScopeExitIsLeftAlone) {
  EXPECT_EXIT(
      {
        install_crash_guard();
        { CrashScope scope("something", 3); }
        std::exit(7);
      },
      ::testing::ExitedWithCode(7), "^$");
}

TEST(CrashScopeTest, NestsAndBelongsToItsThread) {
  EXPECT_EQ(CrashScope::current(), nullptr);
  CrashScope outer("outer");
  {
    CrashScope inner("inner");
    EXPECT_STREQ(CrashScope::current()->what(), "inner");
    std::thread([] { EXPECT_EQ(CrashScope::current(), nullptr); }).join();
  }
  EXPECT_STREQ(CrashScope::current()->what(), "outer");
}

}  // namespace
}  // namespace streamhost
