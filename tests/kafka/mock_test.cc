// What one real broker cannot do, on librdkafka's mock cluster: it is always there, so these tests
// always run.
#include "kafka/mock_cluster.h"

#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "kafka/feeder.h"
#include "kafka/job.h"

namespace streamhost::kafka_test {
namespace {

using testing::RunResult;

// From the mock to a file, so that what came can be read at any time.
class OnTheMock : public ::testing::Test {
 protected:
  std::string steps(const std::string& topic, const std::string& more = "") {
    return kafka_source(mock_.brokers(), topic, more) +
           "[sink.out]\nuse = \"file.lines\"\nfrom = \"in\"\npath = \"out.txt\"\n"
           "format = \"{value}\"\n";
  }
  static std::vector<std::string> come(const Job& job) {
    const std::string file = job.folder() / "out.txt";
    if (!std::filesystem::exists(file)) return {};
    return testing::sorted_lines(testing::read_file(file));
  }
  // Sends so many more to the partitions of "t" in turn.
  void feed(Feeder& feeder, int records, int partitions) {
    for (int i = 0; i < records; ++i) {
      std::string text = std::to_string(1'000'000 + fed_);
      feeder.send("t", {"k", text, fed_ % partitions, 0, {}});
      sent_.push_back(std::move(text));
      ++fed_;
    }
    feeder.flush();
  }
  bool all_come(const Job& job) {
    return eventually([&] { return come(job).size() >= sent_.size(); }, std::chrono::seconds(40));
  }

  MockCluster mock_{3};
  std::vector<std::string> sent_;
  int fed_ = 0;
};

TEST_F(OnTheMock, ALeaderThatMovesIsFollowed) {
  mock_.create("t", 2, 3);
  for (int p = 0; p < 2; ++p) mock_.set_leader("t", p, 1);
  Feeder feeder(mock_.brokers());
  const Job job(steps("t"));
  const auto child = job.start();
  feed(feeder, 100, 2);
  ASSERT_TRUE(all_come(job)) << child->err();
  for (const int leader : {2, 3, 1}) {
    mock_.set_leader("t", 0, leader);
    mock_.set_leader("t", 1, leader % 3 + 1);
    feed(feeder, 100, 2);
    ASSERT_TRUE(all_come(job)) << "leader " << leader << "\n" << child->err();
  }
  child->signal(SIGTERM);
  EXPECT_EQ(child->wait().status, 0) << child->err();
  EXPECT_EQ(come(job), sent_);
}

TEST_F(OnTheMock, WhileALeaderIsAwayTheOtherPartitionsGoOnAndTheJobEndsWhenItIsBack) {
  mock_.create("t", 2, 3);
  mock_.set_leader("t", 0, 1);
  mock_.set_leader("t", 1, 2);
  Feeder feeder(mock_.brokers());
  const Job job(steps("t"));
  const auto child = job.start();
  feed(feeder, 100, 2);
  ASSERT_TRUE(all_come(job)) << child->err();
  mock_.down(2);
  for (int i = 0; i < 50; ++i) {
    sent_.push_back(std::to_string(1'000'000 + fed_++));
    feeder.send("t", {"k", sent_.back(), 0, 0, {}});
  }
  feeder.flush();
  EXPECT_TRUE(all_come(job)) << child->err();
  mock_.up(2);
  feed(feeder, 100, 2);
  EXPECT_TRUE(all_come(job)) << child->err();
  child->signal(SIGTERM);
  EXPECT_EQ(child->wait().status, 0) << child->err();
  EXPECT_EQ(come(job), sent_);
}

TEST_F(OnTheMock, ErrorsThatPassAreNoneOfTheJob) {
  mock_.create("t", 2, 3);
  Feeder feeder(mock_.brokers());
  const Job job(steps("t"));
  const auto child = job.start();
  feed(feeder, 50, 2);
  ASSERT_TRUE(all_come(job)) << child->err();
  constexpr int16_t kFetch = 1;
  mock_.fail_next(kFetch, {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR__TRANSPORT,
                           RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE});
  feed(feeder, 50, 2);
  EXPECT_TRUE(all_come(job)) << child->err();
  child->signal(SIGTERM);
  EXPECT_EQ(child->wait().status, 0) << child->err();
  EXPECT_EQ(come(job), sent_);
}

TEST_F(OnTheMock, BrokersThatDoNotAnswerAtTheStartAreNamed) {
  mock_.create("t", 1);
  const std::string brokers = mock_.brokers();
  mock_.down(-1);
  const RunResult result = Job(steps("t", "connect_timeout = \"1s\"\n")).run();
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.err.find(brokers.substr(0, brokers.find(','))), std::string::npos) << result.err;
}

TEST_F(OnTheMock, TenThousandPartitionsAreReadAndGoneOnFrom) {
  constexpr int kPartitions = 10'000;
  mock_.create("t", kPartitions);
  Feeder feeder(mock_.brokers());
  for (const int partition : {0, 1, 4999, 9998, 9999}) {
    sent_.push_back(std::to_string(10'000 + partition));
    feeder.send("t", {"k", sent_.back(), partition, 0, {}});
  }
  feeder.flush();
  const Job job(steps("t", "tail = false\n"));
  const RunResult first = job.run();
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(come(job), sent_);
  sent_.push_back("19999a");
  feeder.send("t", {"k", sent_.back(), 9999, 0, {}});
  feeder.flush();
  const RunResult second = job.run();
  ASSERT_EQ(second.status, 0) << second.err;
  EXPECT_EQ(come(job), sent_);
  std::printf("10 000 partitions: %ld ms, then %ld ms\n", static_cast<long>(first.took.count()),
              static_cast<long>(second.took.count()));
}

}  // namespace
}  // namespace streamhost::kafka_test
