// Brokers that go away, topics that change, jobs that are stopped: nothing is lost, and it is said.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <set>
#include <thread>

#include "kafka/feeder.h"
#include "kafka/job.h"
#include "kafka/shared_broker.h"

namespace streamhost::kafka_test {
namespace {

using testing::Child;
using testing::RunResult;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// STREAMHOST_LONG_TESTS=1: as long as it takes.
bool long_form() { return std::getenv("STREAMHOST_LONG_TESTS") != nullptr; }

class Trouble : public WithBroker {
 protected:
  void SetUp() override {
    WithBroker::SetUp();
    if (IsSkipped()) return;
    in_ = new_topic(2);
    out_ = new_topic(2);
    feeder_ = std::make_unique<Feeder>(broker().brokers());
  }

  std::string copy(const std::string& source = "", const std::string& sink = "") {
    // The default is 10 s.
    const std::string soon = properties({"reconnect.backoff.max.ms=500"});
    return kafka_source(broker().brokers(), in_, soon + source) +
           kafka_sink("in", broker().brokers(), out_, soon + sink);
  }
  std::string exactly_once() const {
    return "delivery = \"exactly_once\"\ntransactional_id = \"" + out_ + "\"\n";
  }
  // So many more, numbered on.
  void feed(int records) {
    for (int i = 0; i < records; ++i) {
      feeder_->send(in_, {std::to_string(fed_ % 10), std::to_string(fed_), fed_ % 2, 0, {}});
      ++fed_;
    }
    feeder_->flush();
  }
  std::multiset<int> come() {
    std::multiset<int> all;
    for (const Row& row : witness().read(out_)) all.insert(std::stoi(row.value.value_or("-1")));
    return all;
  }
  std::multiset<int> all_fed() const {
    std::multiset<int> all;
    for (int i = 0; i < fed_; ++i) all.insert(i);
    return all;
  }
  bool all_come() {
    return eventually([this] { return come().size() >= static_cast<size_t>(fed_); },
                      std::chrono::seconds(60));
  }

  std::string in_, out_;
  std::unique_ptr<Feeder> feeder_;
  int fed_ = 0;
};

TEST_F(Trouble, ADrainedJobLosesNothingAndGoesOn) {
  const Job job(copy("", exactly_once()));
  for (const int signal : {SIGINT, SIGTERM, SIGINT}) {
    feed(500);
    const auto child = job.start();
    feed(500);
    ASSERT_TRUE(eventually([&] { return !come().empty(); })) << child->err();
    child->signal(signal);
    const RunResult result = child->wait();
    EXPECT_EQ(result.status, 0) << result.err;
  }
  const auto child = job.start();
  EXPECT_TRUE(all_come()) << child->err();
  child->signal(SIGINT);
  EXPECT_EQ(child->wait().status, 0);
  EXPECT_EQ(come(), all_fed());
}

TEST_F(Trouble, ABrokerThatRestartsIsWaitedFor) {
  for (const bool exactly : {false, true}) {
    const Job job(copy("", exactly ? exactly_once() : ""));
    const auto child = job.start();
    feed(200);
    ASSERT_TRUE(all_come()) << child->err();
    broker().stop();
    broker().start();
    feed(200);
    EXPECT_TRUE(all_come()) << child->err();
    child->signal(SIGTERM);
    EXPECT_EQ(child->wait().status, 0) << child->err();
    EXPECT_EQ(come(), all_fed());
    witness().remove(out_);
    out_ = new_topic(2);
    in_ = new_topic(2);
    fed_ = 0;
  }
}

TEST_F(Trouble, ABrokerThatDiesWhileRecordsFlowIsWaitedFor) {
  for (const bool exactly : {false, true}) {
    const Job job(copy("", exactly ? exactly_once() : ""));
    const auto child = job.start();
    feed(200);
    ASSERT_TRUE(all_come()) << child->err();
    feed(5000);
    broker().kill();
    broker().start();
    feed(200);
    EXPECT_TRUE(all_come()) << child->err();
    child->signal(SIGTERM);
    EXPECT_EQ(child->wait().status, 0) << child->err();
    // The producer is idempotent: a broker that dies is no reason to send anything twice.
    EXPECT_EQ(come(), all_fed());
    out_ = new_topic(2);
    in_ = new_topic(2);
    fed_ = 0;
  }
}

TEST_F(Trouble, ABrokerThatIsGoneForLongIsWaitedForAndMissedInTheLog) {
  const Job job(copy("", exactly_once() + "transaction_timeout = \"10m\"\n"));
  const auto child = job.start();
  feed(200);
  ASSERT_TRUE(all_come()) << child->err();
  broker().kill();
  // Nothing can be waited for: what is tested is time that passes.
  std::this_thread::sleep_for(std::chrono::seconds(long_form() ? 75 : 4));
  EXPECT_TRUE(child->running()) << child->err();
  for (const std::string step : {"in: ", "out: "}) {
    EXPECT_TRUE(has(child->err(), step + "no broker can be reached")) << child->err();
  }
  broker().start();
  feed(200);
  EXPECT_TRUE(all_come()) << child->err();
  child->signal(SIGTERM);
  EXPECT_EQ(child->wait().status, 0) << child->err();
  EXPECT_EQ(come(), all_fed());
}

TEST_F(Trouble, ADrainWithoutABrokerEndsWhenItIsBack) {
  const Job job(copy("", exactly_once()));
  auto child = job.start();
  feed(200);
  ASSERT_TRUE(all_come()) << child->err();
  broker().kill();
  child->signal(SIGTERM);
  ASSERT_TRUE(child->wait_for_output("draining")) << child->err();
  broker().start();
  EXPECT_EQ(child->wait().status, 0) << child->err();
  EXPECT_EQ(come(), all_fed());
}

TEST_F(Trouble, ANewPartitionIsFoundWhileTheJobRuns) {
  const Job job(copy("discover = \"100ms\"\n", exactly_once()));
  auto child = job.start();
  feed(10);
  ASSERT_TRUE(all_come()) << child->err();
  witness().grow(in_, 5);
  Feeder feeder(broker().brokers());  // which has never seen the topic smaller
  for (int partition = 0; partition < 5; ++partition, ++fed_) {
    feeder.send(in_, {"k", std::to_string(fed_), partition, 0, {}});
  }
  feeder.flush();
  EXPECT_TRUE(all_come()) << child->err();
  child->signal(SIGTERM);
  EXPECT_EQ(child->wait().status, 0) << child->err();
  EXPECT_EQ(come(), all_fed());
  // Their positions are in the snapshot.
  child = job.start();
  for (int partition = 0; partition < 5; ++partition, ++fed_) {
    feeder.send(in_, {"k", std::to_string(fed_), partition, 0, {}});
  }
  feeder.flush();
  EXPECT_TRUE(all_come()) << child->err();
  child->signal(SIGTERM);
  EXPECT_EQ(child->wait().status, 0) << child->err();
  EXPECT_EQ(come(), all_fed());
}

TEST_F(Trouble, ATopicThatMatchesAPatternIsFoundWhileTheJobRuns) {
  in_ = "^" + in_ + "-more.*";
  const Job job(copy("discover = \"100ms\"\n"));
  const auto child = job.start();
  ASSERT_TRUE(child->wait_for_output("no topic")) << child->err();
  const std::string topic = in_.substr(1, in_.size() - 3) + "-1";
  witness().create(topic, 2);
  Feeder feeder(broker().brokers());
  for (fed_ = 0; fed_ < 10; ++fed_)
    feeder.send(topic, {"k", std::to_string(fed_), fed_ % 2, 0, {}});
  feeder.flush();
  EXPECT_TRUE(all_come()) << child->err();
  child->signal(SIGTERM);
  EXPECT_EQ(child->wait().status, 0) << child->err();
  EXPECT_EQ(come(), all_fed());
}

TEST_F(Trouble, ATopicThatIsDeletedFailsTheJobAndIsNamed) {
  const Job job(copy("discover = \"100ms\"\n"));
  const auto child = job.start();
  feed(10);
  ASSERT_TRUE(all_come()) << child->err();
  witness().remove(in_);
  const RunResult result = child->wait();
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(has(result.err, in_)) << result.err;
}

TEST_F(Trouble, ATopicThatIsNotThereIsNamed) {
  in_ = "there-is-no-such-topic";
  const RunResult source = Job(copy()).run();
  EXPECT_EQ(source.status, 1);
  EXPECT_TRUE(has(source.err, in_)) << source.err;
  in_ = new_topic(1);
  out_ = "nor-such-a-topic";
  feed(1);
  const Job job(copy("", "delivery_timeout = \"2s\"\n"));
  const auto child = job.start();
  const RunResult sink = child->wait(std::chrono::seconds(60));
  EXPECT_EQ(sink.status, 1);
  EXPECT_TRUE(has(sink.err, out_)) << sink.err;
}

TEST_F(Trouble, OffsetsThatWereDeletedFailTheJobOrAreJumpedOver) {
  in_ = new_topic(1);
  const Job job(copy("tail = false\n"));
  const Job jumping(copy("tail = false\non_offset_out_of_range = \"earliest\"\n"));
  for (int i = 0; i < 10; ++i) feeder_->send(in_, {"k", std::to_string(i), 0, 0, {}});
  feeder_->flush();
  ASSERT_EQ(job.run().status, 0);
  ASSERT_EQ(jumping.run().status, 0);
  for (int i = 10; i < 20; ++i) feeder_->send(in_, {"k", std::to_string(i), 0, 0, {}});
  feeder_->flush();
  witness().delete_records(in_, 0, 15);
  const RunResult failed = job.run();
  EXPECT_EQ(failed.status, 1);
  for (const std::string part : {in_.c_str(), "10", "on_offset_out_of_range"}) {
    EXPECT_TRUE(has(failed.err, part)) << part << " is not in " << failed.err;
  }
  const RunResult jumped = jumping.run();
  EXPECT_EQ(jumped.status, 0) << jumped.err;
  EXPECT_EQ(come().size(), 25u);  // 10 twice, and the 5 that were left
}

// Whatever a run with more workers has left open, readers need not wait until the brokers give it
// up.
TEST_F(Trouble, WhatARunWithMoreWorkersLeftOpenIsNotInTheWayOfOneWithFewer) {
  Job job(copy("tail = false\n", exactly_once()), 1);
  feed(100);
  ASSERT_EQ(job.run().status, 0);
  feed(100);
  job.set_workers(2);
  std::vector<std::string> command = job.arguments();
  command.insert(command.begin(), testing::streamhost_path());
  testing::RunOptions options;
  // Both workers have sent all of an epoch, and it does not become durable.
  options.environment = {"STREAMHOST_TEST_CRASH=kafka_delivered:2"};
  ASSERT_EQ(testing::run(command, options).status, 128 + SIGKILL);
  job.set_workers(1);
  const RunResult result = job.run();
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(
      eventually([this] { return come().size() == all_fed().size(); }, std::chrono::seconds(15)));
  EXPECT_EQ(come(), all_fed());
}

// A second run of a job while the first is not dead yet: the first must not write any more.
TEST_F(Trouble, AnOldIncarnationIsFenced) {
  const Job job(copy("", exactly_once()));
  const auto old = job.start();
  feed(100);
  ASSERT_TRUE(all_come()) << old->err();
  old->signal(SIGSTOP);
  // As on another machine, which cannot see that the first still runs: with its last snapshot.
  const std::string store = job.folder() / "store", copied = job.folder() / "copied";
  std::filesystem::copy(store, copied);
  std::vector<std::string> command = job.arguments();
  *(std::find(command.begin(), command.end(), "-r") + 1) = copied;
  command.insert(command.begin(), testing::streamhost_path());
  Child replacement(command);
  feed(100);
  ASSERT_TRUE(all_come()) << replacement.err();
  old->signal(SIGCONT);
  feed(500);
  ASSERT_TRUE(all_come()) << replacement.err();
  const RunResult fenced = old->wait(std::chrono::seconds(60));
  EXPECT_EQ(fenced.status, 1);
  EXPECT_TRUE(has(fenced.err, "fenced")) << fenced.err;
  replacement.signal(SIGTERM);
  EXPECT_EQ(replacement.wait().status, 0) << replacement.err();
  EXPECT_EQ(come(), all_fed());
}

}  // namespace
}  // namespace streamhost::kafka_test
