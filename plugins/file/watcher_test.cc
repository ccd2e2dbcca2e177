#include "watcher.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "common/test_host.h"
#include "input_files.h"
#include "test_files.h"

namespace file_plugin {
namespace {

using plugin_common::TestHost;

bool woken(const TestHost& host, int before) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (host.wakes == before) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(Watcher, OnlyTheFileThatChangedIsMarkedAndOneWakeUpIsEnough) {
  const TestFiles files;
  const InputFile a = open_input(files.write("a", "")), b = open_input(files.write("b", ""));
  TestHost host;
  Watcher watcher(host.context().waker());
  const auto watch_a = watcher.watch(files / "a", a.descriptor.get());
  const auto watch_b = watcher.watch(files / "b", b.descriptor.get());
  watch_a->clear();
  watch_b->clear();
  files.append("a", "x");
  ASSERT_TRUE(woken(host, 0));
  EXPECT_TRUE(watch_a->changed());
  EXPECT_FALSE(watch_b->changed());
  // Nobody looked since: more changes of the same file wake nobody.
  const int wakes = host.wakes;
  files.append("a", "x");
  files.append("b", "x");
  ASSERT_TRUE(woken(host, wakes));
  EXPECT_EQ(host.wakes, wakes + 1);
}

TEST(Watcher, AFileUnderTheSamePathIsNoticed) {
  const TestFiles files;
  const InputFile a = open_input(files.write("a", ""));
  TestHost host;
  Watcher watcher(host.context().waker());
  const auto watch = watcher.watch(files / "a", a.descriptor.get());
  watch->clear();
  std::filesystem::rename(files / "a", files / "old");
  ASSERT_TRUE(woken(host, 0));
  watch->clear();
  const int wakes = host.wakes;
  files.write("a", "");
  ASSERT_TRUE(woken(host, wakes));
  EXPECT_TRUE(watch->changed());
}

TEST(Watcher, EndsAtOnceWhileNothingHappens) {
  TestHost host;
  const auto start = std::chrono::steady_clock::now();
  { Watcher watcher(host.context().waker()); }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace file_plugin
