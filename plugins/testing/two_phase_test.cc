#include "two_phase.h"

#include <gtest/gtest.h>

#include <csignal>

#include "clocked_host.h"
#include "test_folder.h"

namespace testing_plugin {
namespace {

using Strings = std::vector<std::string>;

struct TwoPhaseSink : testing::Test {
  TwoPhaseSink() {
    host.options["path"] = {folder / "out"};
    host.options["format"] = {"{value}"};
    host.options["record"] = {"true"};
    host.options["when"] = {"before"};
    host.options["do"] = {"fail"};
    host.options["partitions"] = {"2"};
    start();
  }
  void start() { sink = std::make_unique<TwoPhasePartitioned>(host.context(), host.config()); }
  static streamhost::Written write(TwoPhasePart& part, const Strings& values) {
    const ValueBatch batch(values);
    return part.write(batch.get());
  }
  // The handle of an epoch, or "again".
  std::string prepare(TwoPhasePart& part, uint64_t epoch) {
    host.written.clear();
    streamhost::Writer writer = host.writer();
    return part.prepare(epoch, writer).done ? host.written : "again";
  }
  std::string output() const {
    std::string all;
    for (const std::string& name : folder.list("out/committed")) {
      all += folder.read("out/committed/" + name);
    }
    return all;
  }
  size_t calls(std::string_view what) const {
    const std::string all = folder.read("out/calls.jsonl");
    size_t count = 0;
    for (size_t at = 0; (at = all.find(what, at)) != std::string::npos; ++at) ++count;
    return count;
  }
  const TestFolder folder;
  ClockedHost host;
  std::unique_ptr<TwoPhasePartitioned> sink;
};

TEST_F(TwoPhaseSink, TheOutputIsWhatWasCommittedInTheOrderOfEpochs) {
  EXPECT_EQ(sink->partitions(), (Strings{"0", "1"}));
  auto zero = sink->open("0", std::nullopt), one = sink->open("1", std::nullopt);
  Strings handles;
  for (uint64_t epoch = 9; epoch <= 11; ++epoch) {
    host.epoch = epoch;
    const std::string e = std::to_string(epoch);
    EXPECT_EQ(write(*zero, {"a" + e, "b" + e}).records, 2u);
    write(*one, {"c" + e});
    for (auto* part : {zero.get(), one.get()}) handles.push_back(prepare(*part, epoch));
  }
  EXPECT_EQ(output(), "");
  for (const std::string& handle : handles) sink->commit(11, handle);
  EXPECT_EQ(output(), "a9\nb9\nc9\na10\nb10\nc10\na11\nb11\nc11\n");
  EXPECT_TRUE(folder.list("out/staged").empty());
}

TEST_F(TwoPhaseSink, AnEpochWithoutRecordsHasAHandleAndNoFile) {
  auto part = sink->open("0", std::nullopt);
  const std::string handle = prepare(*part, 3);
  EXPECT_EQ(handle, "000000000003-0000-empty");
  sink->commit(3, handle);
  EXPECT_TRUE(folder.list("out/committed").empty());
}

TEST_F(TwoPhaseSink, ARunThatContinuesCommitsAgainAndRemovesWhatIsUnknown) {
  auto part = sink->open("0", std::nullopt);
  write(*part, {"one"});
  const std::string durable = prepare(*part, 1);
  write(*part, {"two"});
  const std::string lost = prepare(*part, 2);
  auto other = sink->open("1", std::nullopt);
  write(*other, {"else"});
  const std::string others = prepare(*other, 2);
  // The process dies here. The next one knows epoch 1 only.
  TwoPhasePartitioned next(host.context(), host.config());
  next.commit(1, durable);
  next.commit(1, durable);
  next.abort(lost + "x");
  auto again = next.open("0", durable);
  EXPECT_EQ(folder.list("out/staged"), (Strings{others}));
  write(*again, {"TWO"});
  next.commit(2, prepare(*again, 2));
  EXPECT_EQ(output(), "one\nTWO\n");
}

TEST_F(TwoPhaseSink, WhatIsNotPreparedGoesWithThePart) {
  auto part = sink->open("0", std::nullopt);
  write(*part, {"one"});
  part->flush();
  EXPECT_EQ(folder.list("out/staged").size(), 1u);
  part.reset();
  EXPECT_TRUE(folder.list("out/staged").empty());
}

TEST_F(TwoPhaseSink, EachCallIsWrittenDown) {
  host.worker = 3;
  auto part = sink->open("0", std::nullopt);
  host.epoch = 4;
  write(*part, {"one", "two"});
  part->flush();
  const std::string handle = prepare(*part, 4);
  sink->commit(4, handle);
  sink->abort("unknown");
  part.reset();
  const std::string head =
      "{\"time_us\":1000000,\"pid\":" + std::to_string(::getpid()) + ",\"worker\":3,\"call\":";
  EXPECT_EQ(
      folder.read("out/calls.jsonl"),
      head + R"("open","partition":"0","epoch":null,"handle":null,"records":null,"result":"ok"})" +
          "\n" + head +
          R"("write","partition":"0","epoch":4,"handle":null,"records":2,"result":"ok"})" + "\n" +
          head +
          R"("flush","partition":"0","epoch":4,"handle":null,"records":null,"result":"ok"})" +
          "\n" + head + R"("prepare","partition":"0","epoch":4,"handle":")" + handle +
          R"(","records":null,"result":"ok"})" + "\n" + head +
          R"("commit","partition":null,"epoch":4,"handle":")" + handle +
          R"(","records":null,"result":"ok"})" + "\n" + head +
          R"("abort","partition":null,"epoch":null,"handle":"unknown","records":null,"result":"ok"})" +
          "\n" + head +
          R"("close","partition":"0","epoch":null,"handle":null,"records":null,"result":"ok"})" +
          "\n");
}

TEST_F(TwoPhaseSink, NothingIsWrittenDownWhenNotAskedFor) {
  host.options["record"] = {"false"};
  start();
  sink->open("0", std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(folder / "out/calls.jsonl"));
}

TEST_F(TwoPhaseSink, AFaultMayComeBeforeOrAfterTheWork) {
  uint64_t epoch = 0;
  for (const char* when : {"before", "after"}) {
    host.options["in"] = {"commit"};
    host.options["when"] = {when};
    host.options["at"] = {"2"};
    start();
    auto part = sink->open("0", std::nullopt);
    write(*part, {std::string("first ") + when});
    ++epoch;
    sink->commit(epoch, prepare(*part, epoch));
    write(*part, {std::string("second ") + when});
    const std::string handle = prepare(*part, ++epoch);
    EXPECT_NE(failure([&] { sink->commit(epoch, handle); }).find("a fault in commit"),
              std::string::npos);
    EXPECT_EQ(folder.list("out/staged").size(), when == std::string("before") ? 1u : 0u);
    sink->commit(epoch, handle);
    EXPECT_TRUE(folder.list("out/staged").empty());
  }
  EXPECT_EQ(output(), "first before\nsecond before\nfirst after\nsecond after\n");
  EXPECT_EQ(calls(R"("result":"fail")"), 2u);
}

TEST_F(TwoPhaseSink, NotYetIsAnsweredThreeTimes) {
  for (const char* in : {"write", "prepare", "commit"}) {
    host.options["in"] = {in};
    host.options["do"] = {"again"};
    start();
    auto part = sink->open("0", std::nullopt);
    int again = 0;
    for (streamhost::Written w{}; (w = write(*part, {in})).records == 0; ++again) {
      EXPECT_EQ(w.again_us, host.now_us + 10'000);
    }
    std::string handle;
    while ((handle = prepare(*part, 1)) == "again") ++again;
    while (!sink->commit(1, handle).done) ++again;
    EXPECT_EQ(again, 3) << in;
  }
  EXPECT_EQ(folder.list("out/committed").size(), 3u);
  EXPECT_EQ(calls(R"("result":"again")"), 9u);
}

TEST_F(TwoPhaseSink, ARetryableErrorComesTwice) {
  host.options["in"] = {"prepare"};
  host.options["do"] = {"retry"};
  start();
  auto part = sink->open("0", std::nullopt);
  write(*part, {"one"});
  EXPECT_NE(failure([&] { prepare(*part, 1); }), "");
  EXPECT_NE(failure([&] { prepare(*part, 1); }), "");
  sink->commit(1, prepare(*part, 1));
  EXPECT_EQ(output(), "one\n");
}

TEST_F(TwoPhaseSink, ACrashInPrepareLeavesNothingThatLasts) {
  for (const char* when : {"before", "after"}) {
    host.options["in"] = {"prepare"};
    host.options["when"] = {when};
    host.options["do"] = {"crash"};
    start();
    const auto run = [&] {
      auto part = sink->open("0", std::nullopt);
      write(*part, {"one"});
      prepare(*part, 1);
    };
    EXPECT_EXIT(run(), testing::KilledBySignal(SIGKILL), "");
    EXPECT_EQ(folder.list("out/staged").size(), 1u);
    sink->open("0", std::nullopt);
    EXPECT_TRUE(folder.list("out/staged").empty());
  }
  EXPECT_EQ(output(), "");
}

TEST_F(TwoPhaseSink, FaultsThatCannotBeAreRefused) {
  host.options["in"] = {"open"};
  host.options["do"] = {"again"};
  EXPECT_NE(failure([&] { start(); }).find("cannot be had in open"), std::string::npos);
  host.options["in"] = {"commit"};
  host.options["when"] = {"after"};
  EXPECT_NE(failure([&] { start(); }).find("cannot be had after the work is done"),
            std::string::npos);
}

TEST_F(TwoPhaseSink, AWorkerRemovesItsOwnLeftoversAndThoseOfWorkersThatAreNoMore) {
  const auto leftover = [&](uint32_t worker) {
    host.worker = worker;
    TwoPhase dynamic(host.context(), host.config());
    auto part = dynamic.open("", std::nullopt);
    write(*part, {"x"});
    return prepare(*part, 1);
  };
  host.workers = 4;
  Strings handles;
  for (uint32_t worker = 0; worker < 4; ++worker) handles.push_back(leftover(worker));
  EXPECT_NE(handles[2].find("-w0002-"), std::string::npos);
  host.workers = 2;
  host.worker = 1;
  TwoPhase dynamic(host.context(), host.config());
  dynamic.open("", std::nullopt);
  EXPECT_EQ(folder.list("out/staged"), (Strings{handles[0], handles[2]}));
}

}  // namespace
}  // namespace testing_plugin
