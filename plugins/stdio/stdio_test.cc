#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "common/test_host.h"
#include "stdin_source.h"
#include "stdout_sink.h"

namespace stdio_plugin {
namespace {

using plugin_common::Descriptor;
using plugin_common::TestHost;
using Strings = std::vector<std::string>;

struct Stdin : testing::Test {
  Stdin() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    reading = Descriptor(ends[0]);
    writing = Descriptor(ends[1]);
    part =
        std::make_unique<StdinPartition>(host.context(), reading.get(), plugin_common::LineRules{});
  }
  sh_status poll() {
    streamhost::Out out = host.out();
    return part->poll(out, 1000).status;
  }
  void send(std::string_view text) const {
    EXPECT_EQ(::write(writing.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  bool woken(int before) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (host.wakes == before) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }
  TestHost host;
  Descriptor reading, writing;
  std::unique_ptr<StdinPartition> part;
};

TEST_F(Stdin, PollsNeverBlockAndAWakeUpSaysThatThereIsMore) {
  EXPECT_EQ(poll(), SH_AGAIN);
  EXPECT_EQ(poll(), SH_AGAIN);
  EXPECT_EQ(host.wakes, 0);
  send("one\ntw");
  ASSERT_TRUE(woken(0));
  EXPECT_EQ(poll(), SH_OK);
  EXPECT_EQ(host.values, (Strings{"one"}));
  EXPECT_EQ(poll(), SH_AGAIN);
  send("o\n");
  ASSERT_TRUE(woken(1));
  EXPECT_EQ(poll(), SH_OK);
  EXPECT_EQ(host.values, (Strings{"one", "two"}));
  EXPECT_EQ(host.snapshot(*part), "8");
}

TEST_F(Stdin, TheEndWakesTooAndTheLastLineCounts) {
  send("one\ntwo");
  EXPECT_EQ(poll(), SH_OK);
  EXPECT_EQ(poll(), SH_AGAIN);
  writing = Descriptor();
  ASSERT_TRUE(woken(0));
  EXPECT_EQ(poll(), SH_END);
  EXPECT_EQ(host.values, (Strings{"one", "two"}));
  EXPECT_EQ(host.snapshot(*part), "7");
  EXPECT_EQ(host.snapshot(*part), "7");
}

TEST_F(Stdin, WhatIsThereIsReadWithoutWakeUps) {
  send("1\n2\n3\n");
  writing = Descriptor();
  EXPECT_EQ(poll(), SH_OK);
  EXPECT_EQ(poll(), SH_END);
  EXPECT_EQ(host.values, (Strings{"1", "2", "3"}));
  EXPECT_EQ(host.wakes, 0);
}

TEST_F(Stdin, ClosesAtOnceWhileItWaits) {
  EXPECT_EQ(poll(), SH_AGAIN);
  const auto start = std::chrono::steady_clock::now();
  part.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(Stdin, ADescriptorThatCannotBeReadIsAnError) {
  StdinPartition bad(host.context(), -1, {});
  const Descriptor only_written(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  StdinPartition unreadable(host.context(), only_written.get(), {});
  streamhost::Out out = host.out();
  EXPECT_THROW(unreadable.poll(out, 10), streamhost::Error);
}

TEST(StdinSource, SaysWhatAResumeCannotDo) {
  TestHost host;
  StdinSource source(host.context(), host.config());
  EXPECT_EQ(source.partitions(), (Strings{"stdin"}));
  source.open("stdin", std::nullopt);
  EXPECT_TRUE(host.logs.empty());
  source.open("stdin", "17");
  ASSERT_EQ(host.logs.size(), 1u);
  EXPECT_NE(host.logs[0].find("byte 17"), std::string::npos);
}

TEST(StdoutSink, SaysWhatAResumeCannotDo) {
  TestHost host;
  host.options["format"] = {"{value}"};
  sh_component raw{};
  const Turn turn = std::make_shared<std::mutex>();
  raw.data = &turn;
  StdoutSink sink(host.context(), host.config(), &raw);
  EXPECT_EQ(sink.partitions(), (Strings{"stdout"}));
  sink.open("stdout", "17");
  ASSERT_EQ(host.logs.size(), 1u);
  EXPECT_NE(host.logs[0].find("byte 17"), std::string::npos);
}

}  // namespace
}  // namespace stdio_plugin
