#include "source.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "source_harness.h"

namespace kafka_plugin {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

Strings numbers(int first, int count) {
  Strings result;
  for (int i = 0; i < count; ++i) result.push_back(std::to_string(first + i));
  return result;
}

TEST(KafkaSource, EachPartitionOfATopicIsAPartition) {
  TestCluster cluster;
  cluster.create("t", 3);
  SourceRun run(cluster.brokers());
  run.open();
  Strings names;
  for (const auto& [name, part] : run.parts) names.push_back(name);
  EXPECT_EQ(names, (Strings{"t/0", "t/1", "t/2"}));
}

TEST(KafkaSource, WithoutATailItReadsToTheEndOfEachPartition) {
  TestCluster cluster;
  cluster.create("t", 3);
  cluster.produce_numbers("t", 0, 0, 1000);
  cluster.produce_numbers("t", 1, 1000, 10);
  SourceRun run(cluster.brokers());
  run.open();
  ASSERT_TRUE(run.run_to_end());
  Strings values = run.host.values;
  std::sort(values.begin(), values.end());
  Strings expected = numbers(0, 1010);
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(values, expected);
  EXPECT_EQ(run.position("t/0"), "1 1000");
  EXPECT_EQ(run.position("t/1"), "1 10");
  EXPECT_EQ(run.position("t/2"), "1 0");
}

TEST(KafkaSource, WhatIsWrittenAfterTheStartIsNotReadWithoutATail) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 10);
  SourceRun run(cluster.brokers());
  run.open();
  ASSERT_TRUE(run.run_until_values(1));
  cluster.produce_numbers("t", 0, 10, 500);
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(run.host.values, numbers(0, 10));
  EXPECT_EQ(run.position("t/0"), "1 10");
}

TEST(KafkaSource, WithATailItGoesOn) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 10);
  SourceRun run(cluster.brokers());
  run.host.options["tail"] = {"true"};
  run.open();
  ASSERT_TRUE(run.run_until_values(10));
  cluster.produce_numbers("t", 0, 10, 10);
  ASSERT_TRUE(run.run_until_values(20));
  EXPECT_EQ(run.host.values, numbers(0, 20));
}

TEST(KafkaSource, ResumesAtThePosition) {
  TestCluster cluster;
  cluster.create("t", 2);
  cluster.produce_numbers("t", 0, 0, 300);
  SourceRun first(cluster.brokers());
  first.host.options["batch"] = {"70"};
  first.open();
  ASSERT_TRUE(first.run_until_values(70));
  const auto positions = first.positions();
  const size_t read = first.host.values.size();
  first.stop();
  cluster.produce_numbers("t", 0, 300, 5);
  SourceRun second(cluster.brokers());
  second.host.resumed = true;
  second.open(positions);
  ASSERT_TRUE(second.run_to_end());
  Strings values = first.host.values;
  values.resize(read);
  values.insert(values.end(), second.host.values.begin(), second.host.values.end());
  EXPECT_EQ(values, numbers(0, 305));
}

TEST(KafkaSource, ResumedAtTheEndItEndsAtOnce) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 3);
  SourceRun run(cluster.brokers());
  run.host.resumed = true;
  run.open({{"t/0", "1 3"}});
  ASSERT_TRUE(run.run_to_end());
  EXPECT_TRUE(run.host.values.empty());
  EXPECT_EQ(run.position("t/0"), "1 3");
}

TEST(KafkaSource, LatestBeginsAfterWhatIsThere) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 10);
  SourceRun run(cluster.brokers());
  run.host.options["tail"] = {"true"};
  run.host.options["start"] = {"latest"};
  run.open();
  EXPECT_EQ(run.position("t/0"), "1 start") << "a crash now would begin anew";
  ASSERT_TRUE(run.run_until([&] { return run.position("t/0") == "1 10"; }));
  cluster.produce_numbers("t", 0, 10, 5);
  ASSERT_TRUE(run.run_until_values(5));
  EXPECT_EQ(run.host.values, numbers(10, 5));
}

TEST(KafkaSource, APartitionThatCameUpSinceIsReadFromItsBeginning) {
  TestCluster cluster;
  cluster.create("t", 2);
  cluster.produce_numbers("t", 1, 0, 4);
  SourceRun run(cluster.brokers());
  run.host.options["start"] = {"latest"};
  run.host.resumed = true;
  run.open({{"t/0", "1 0"}});
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(run.host.values, numbers(0, 4));
}

TEST(KafkaSource, StoredBeginsWhereTheGroupIs) {
  TestCluster cluster;
  cluster.create("t", 2);
  cluster.produce_numbers("t", 0, 0, 10);
  cluster.produce_numbers("t", 1, 100, 2);
  {
    SourceRun run(cluster.brokers());
    run.host.options["group"] = {"g"};
    run.open();
    ASSERT_TRUE(run.run_until([&] { return run.position("t/0") == "1 10"; }));
    run.position("t/0");
    for (auto& [name, part] : run.parts) part->committed(1);
    run.stop();
    EXPECT_EQ(run.logged("could not be committed"), 0u);
  }
  cluster.produce_numbers("t", 0, 10, 5);
  SourceRun run(cluster.brokers());
  run.host.options["group"] = {"g"};
  run.host.options["start"] = {"stored"};
  run.open();
  ASSERT_TRUE(run.run_to_end());
  Strings values = run.host.values;
  std::sort(values.begin(), values.end());
  EXPECT_EQ(values, (Strings{"10", "100", "101", "11", "12", "13", "14"}))
      << "nothing is stored of the second partition: it is read from its beginning";
}

TEST(KafkaSource, OffsetsOfOneEpochAreCommittedTogether) {
  TestCluster cluster;
  cluster.create("t", 3);
  for (int p = 0; p < 3; ++p) cluster.produce_numbers("t", p, 0, p + 1);
  SourceRun run(cluster.brokers());
  run.host.options["group"] = {"g"};
  run.host.options["tail"] = {"true"};
  run.open();
  ASSERT_TRUE(run.run_until_values(6));
  run.positions();
  cluster.produce_numbers("t", 0, 1, 1);
  ASSERT_TRUE(run.run_until_values(7));  // after the snapshot: not committed with it
  for (auto& [name, part] : run.parts) part->committed(1);
  run.stop();
  SourceRun again(cluster.brokers());
  again.host.options["group"] = {"g"};
  again.host.options["start"] = {"stored"};
  again.open();
  ASSERT_TRUE(again.run_to_end());
  EXPECT_EQ(again.host.values, (Strings{"1"}));
}

TEST(KafkaSource, ATimeAfterAllMessagesBeginsAtTheEnd) {
  TestCluster cluster;  // which knows no times, and says that nothing is later
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 10);
  SourceRun run(cluster.brokers());
  run.host.options["start"] = {"2100-01-01T00:00:00Z"};
  run.open();
  ASSERT_TRUE(run.run_to_end());
  EXPECT_TRUE(run.host.values.empty());
  EXPECT_EQ(run.position("t/0"), "1 10");
}

TEST(KafkaSource, KeysHeadersAndTimesArePassedOn) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce("t", 0,
                  {{"k", "v", {{"a", "1"}, {"b", ""}}, 1'700'000'000'123},
                   {{}, "no key", {}, 1'700'000'000'124},
                   {"gone", {}, {}, 1'700'000'000'125},
                   {"", "", {}, 1'700'000'000'126}});
  SourceRun run(cluster.brokers());
  run.open();
  ASSERT_TRUE(run.run_to_end());
  ASSERT_EQ(run.host.put_out.size(), 4u);
  const auto& r = run.host.put_out;
  EXPECT_EQ(r[0].key, "k");
  EXPECT_EQ(r[0].value, "v");
  EXPECT_EQ(r[0].event_time_us, 1'700'000'000'123'000);
  using Header = std::pair<std::string, std::string>;
  EXPECT_EQ(r[0].headers, (std::vector<Header>{{"a", "1"}, {"b", ""}}));
  EXPECT_FALSE(r[1].key);
  EXPECT_TRUE(r[1].headers.empty());
  EXPECT_EQ(r[2].key, "gone");
  EXPECT_FALSE(r[2].value) << "a tombstone has no value";
  EXPECT_EQ(r[3].key, "");
  EXPECT_EQ(r[3].value, "");
}

TEST(KafkaSource, TopicPartitionAndOffsetAreHeadersOnRequest) {
  TestCluster cluster;
  cluster.create("t", 2);
  cluster.produce("t", 1, {{{}, "x", {{"own", "h"}}}, {{}, "y"}});
  SourceRun run(cluster.brokers());
  run.host.options["headers"] = {"topic", "partition", "offset"};
  run.open();
  ASSERT_TRUE(run.run_to_end());
  ASSERT_EQ(run.host.put_out.size(), 2u);
  using Header = std::pair<std::string, std::string>;
  EXPECT_EQ(
      run.host.put_out[0].headers,
      (std::vector<Header>{
          {"own", "h"}, {"kafka.topic", "t"}, {"kafka.partition", "1"}, {"kafka.offset", "0"}}));
  EXPECT_EQ(run.host.put_out[1].headers.back(), (Header{"kafka.offset", "1"}));
}

class Compressed : public testing::TestWithParam<const char*> {};

TEST_P(Compressed, BatchesAreRead) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 2000, GetParam());
  SourceRun run(cluster.brokers());
  run.open();
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(run.host.values, numbers(0, 2000));
}
INSTANTIATE_TEST_SUITE_P(KafkaSource, Compressed, testing::Values("lz4", "zstd", "snappy", "gzip"));

TEST(KafkaSource, LargeMessagesAreRead) {
  TestCluster cluster;
  cluster.create("t", 1);
  const std::string large(1'500'000, 'x');  // more than is fetched at a time
  cluster.produce("t", 0, {{{}, large}, {{}, "small"}, {{}, large}});
  SourceRun run(cluster.brokers());
  run.open();
  ASSERT_TRUE(run.run_to_end());
  ASSERT_EQ(run.host.values.size(), 3u);
  EXPECT_EQ(run.host.values[0].size(), large.size());
  EXPECT_EQ(run.host.values[2], large);
}

TEST(KafkaSource, MessagesAreAdoptedNotCopied) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 100);
  SourceRun run(cluster.brokers());
  run.open();
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(run.host.arenas_made, 0);
  EXPECT_EQ(run.host.metrics["in_flight"].back(), 100);
  // They are there as long as somebody holds them, and may be given back by any thread.
  ASSERT_EQ(run.host.views.size(), 100u);
  EXPECT_EQ(run.host.views.back(), "99");
  std::thread([&] { run.host.release_records(); }).join();
  EXPECT_EQ(run.host.metrics["in_flight"].back(), 0);
}

TEST(KafkaSource, PatternsFindTopicsWhileItRuns) {
  TestCluster cluster;
  cluster.create("in-1", 1);
  cluster.create("other", 1);
  cluster.produce_numbers("in-1", 0, 0, 3);
  cluster.produce_numbers("other", 0, 100, 3);
  SourceRun run(cluster.brokers(), {"^in-[0-9]+$"});
  run.host.options["tail"] = {"true"};
  run.host.options["start"] = {"earliest"};
  run.open();
  EXPECT_EQ(run.parts.size(), 1u);
  ASSERT_TRUE(run.run_until_values(3));
  cluster.create("in-2", 2);
  cluster.produce_numbers("in-2", 1, 3, 4);
  ASSERT_TRUE(run.run_until_values(7));
  EXPECT_EQ(run.host.values, numbers(0, 7));
  EXPECT_TRUE(run.parts.contains("in-2/0"));
}

TEST(KafkaSource, ATopicThatComesUpIsReadFromItsBeginningWhateverStartSays) {
  TestCluster cluster;
  cluster.create("in-1", 1);
  SourceRun run(cluster.brokers(), {"^in-"});
  run.host.options["tail"] = {"true"};
  run.host.options["start"] = {"latest"};
  run.host.options["discover"] = {"500000"};
  run.open();
  ASSERT_TRUE(run.run_until([&] { return run.position("in-1/0") == "1 0"; }));
  cluster.create("in-2", 1);
  cluster.produce_numbers("in-2", 0, 0, 4);
  ASSERT_TRUE(run.run_until_values(4));
}

TEST(KafkaSource, ALeaderMayChange) {
  TestCluster cluster(3);
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 100);
  SourceRun run(cluster.brokers());
  run.host.options["tail"] = {"true"};
  run.open();
  ASSERT_TRUE(run.run_until_values(100));
  for (int leader = 1; leader <= 3; ++leader) {
    rd_kafka_mock_partition_set_leader(cluster.mock(), "t", 0, leader);
    cluster.produce_numbers("t", 0, 100 * leader, 100);
    ASSERT_TRUE(run.run_until_values(100 * static_cast<size_t>(leader + 1)));
  }
  EXPECT_EQ(run.host.values, numbers(0, 400));
}

TEST(KafkaSource, AnOutageIsToldOnceAndSurvived) {
  TestCluster cluster(2);
  cluster.create("t", 2);
  cluster.produce_numbers("t", 0, 0, 10);
  SourceRun run(cluster.brokers());
  run.host.options["tail"] = {"true"};
  run.open();
  ASSERT_TRUE(run.run_until_values(10));
  cluster.all_brokers(false);
  ASSERT_TRUE(run.run_until_logged("no broker can be reached"));
  run.run_until([] { return false; }, 1500ms);
  EXPECT_EQ(run.logged("no broker can be reached"), 1u);
  EXPECT_EQ(run.logged("a broker answers again"), 0u);
  cluster.all_brokers(true);
  cluster.produce_numbers("t", 0, 10, 10);
  ASSERT_TRUE(run.run_until_values(20));
  ASSERT_TRUE(run.run_until_logged("a broker answers again"));
  EXPECT_EQ(run.host.values, numbers(0, 20));
  EXPECT_LE(run.host.logs.size(), 8u) << testing::PrintToString(run.host.logs);
}

TEST(KafkaSource, ItStartsWhenTheBrokersComeUpInTime) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 10);
  cluster.all_brokers(false);
  SourceRun run(cluster.brokers());
  std::thread later([&] {
    std::this_thread::sleep_for(700ms);
    cluster.all_brokers(true);
  });
  run.open();
  later.join();
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(run.host.values, numbers(0, 10));
}

TEST(KafkaSource, BrokersThatNeverAnswerAreNamed) {
  SourceRun run("127.0.0.1:1");
  run.host.options["connect_timeout"] = {"600000"};
  try {
    run.open();
    FAIL();
  } catch (const streamhost::Error& e) {
    const std::string text = e.what();
    EXPECT_NE(text.find("127.0.0.1:1"), std::string::npos) << text;
    EXPECT_NE(text.find("Connection refused"), std::string::npos) << text;
  }
}

TEST(KafkaSource, AMissingTopicIsNamed) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.set_topic_error("missing", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  SourceRun run(cluster.brokers(), {"t", "missing"});
  try {
    run.open();
    FAIL();
  } catch (const streamhost::Error& e) {
    EXPECT_NE(std::string(e.what()).find("the topic \"missing\" does not exist"), std::string::npos)
        << e.what();
  }
}

TEST(KafkaSource, ADeletedTopicIsNamed) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 5);
  SourceRun run(cluster.brokers());
  run.host.options["tail"] = {"true"};
  run.open();
  ASSERT_TRUE(run.run_until_values(5));
  cluster.set_topic_error("t", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  const std::string failure = run.failure();
  EXPECT_NE(failure.find("topic \"t\" partition 0 does not exist any more"), std::string::npos)
      << failure;
}

TEST(KafkaSource, ATopicThatVanishesForAMomentIsNoFailure) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 5);
  SourceRun run(cluster.brokers());
  run.host.options["tail"] = {"true"};
  run.open();
  ASSERT_TRUE(run.run_until_values(5));
  cluster.set_topic_error("t", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  ASSERT_TRUE(run.run_until_logged("partition count changed from 1 to 0"));
  cluster.set_topic_error("t", RD_KAFKA_RESP_ERR_NO_ERROR);
  cluster.produce_numbers("t", 0, 5, 5);
  ASSERT_TRUE(run.run_until_values(10));
  EXPECT_EQ(run.host.values, numbers(0, 10));
}

TEST(KafkaSource, ADeletedTopicOfAPatternIsWaitedFor) {
  TestCluster cluster;
  cluster.create("in-1", 1);
  cluster.produce_numbers("in-1", 0, 0, 5);
  SourceRun run(cluster.brokers(), {"^in-"});
  run.host.options["tail"] = {"true"};
  run.open();
  ASSERT_TRUE(run.run_until_values(5));
  cluster.set_topic_error("in-1", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  ASSERT_TRUE(run.run_until_logged("does not exist any more"));
  EXPECT_EQ(run.position("in-1/0"), "1 earliest");
  cluster.set_topic_error("in-1", RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(run.run_until_logged("is there again"));
  ASSERT_TRUE(run.run_until_values(10));
  EXPECT_EQ(Strings(run.host.values.begin() + 5, run.host.values.end()), numbers(0, 5));
}

TEST(KafkaSource, AnOffsetThatIsNotThereEndsTheJob) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 5);
  SourceRun run(cluster.brokers());
  run.host.resumed = true;
  run.open({{"t/0", "1 700"}});
  const std::string failure = run.failure();
  EXPECT_NE(failure.find("topic \"t\" partition 0 offset 700"), std::string::npos) << failure;
  EXPECT_NE(failure.find("on_offset_out_of_range"), std::string::npos) << failure;
}

TEST(KafkaSource, OutOfRangeItGoesOnAtTheFirstMessageOnRequest) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 5);
  SourceRun run(cluster.brokers());
  run.host.resumed = true;
  run.host.options["on_offset_out_of_range"] = {"earliest"};
  run.open({{"t/0", "1 700"}});
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(run.host.values, numbers(0, 5));
  EXPECT_EQ(run.logged("going on at the first message"), 1u);
}

TEST(KafkaSource, OutOfRangeItGoesOnAfterTheLastMessageOnRequest) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 5);
  SourceRun run(cluster.brokers());
  run.host.options["tail"] = {"true"};
  run.host.resumed = true;
  run.host.options["on_offset_out_of_range"] = {"latest"};
  run.open({{"t/0", "1 700"}});
  ASSERT_TRUE(run.run_until([&] { return run.position("t/0") == "1 5"; }));
  cluster.produce_numbers("t", 0, 5, 5);
  ASSERT_TRUE(run.run_until_values(5));
  EXPECT_EQ(run.host.values, numbers(5, 5));
}

TEST(KafkaSource, PassingErrorsOfBrokersAreSurvived) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 100);
  rd_kafka_mock_push_request_errors(
      cluster.mock(), 1 /* Fetch */, 4, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
      RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
      RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
  rd_kafka_mock_push_request_errors(cluster.mock(), 2 /* ListOffsets */, 2,
                                    RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                    RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
  SourceRun run(cluster.brokers());
  run.open();
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(run.host.values, numbers(0, 100));
}

TEST(KafkaSource, WhatCannotBeReadIsRejectedWithItsPlace) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 10);
  rd_kafka_mock_push_request_errors(cluster.mock(), 1 /* Fetch */, 1,
                                    RD_KAFKA_RESP_ERR_INVALID_MSG);
  SourceRun run(cluster.brokers());
  run.open();
  ASSERT_TRUE(run.run_to_end());
  ASSERT_EQ(run.host.reasons.size(), 1u);
  EXPECT_NE(run.host.reasons[0].find("topic \"t\" partition 0 offset 0"), std::string::npos)
      << run.host.reasons[0];
  EXPECT_EQ(run.host.values, numbers(0, 10));
}

TEST(KafkaSource, AQueueThatIsFullNowAndThenKeepsNobodyWaiting) {
  TestCluster cluster;
  cluster.create("t", 1);
  cluster.produce_numbers("t", 0, 0, 20'000);
  SourceRun run(cluster.brokers());
  run.host.options["prefetch"] = {"65536"};
  run.property("queued.min.messages") = "500";
  run.property("fetch.message.max.bytes") = "4096";
  run.budget = 50;
  run.open();
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(run.host.values, numbers(0, 20'000));
}

TEST(KafkaSource, ThousandsOfPartitionsAreRead) {
  TestCluster cluster(3);
  cluster.create("t", 1500);
  for (int p = 0; p < 1500; p += 10) cluster.produce_numbers("t", p, p, 2);
  SourceRun run(cluster.brokers());
  run.open();
  EXPECT_EQ(run.parts.size(), 1500u);
  ASSERT_TRUE(run.run_to_end());
  EXPECT_EQ(run.host.values.size(), 300u);
}

TEST(KafkaSource, AnIdlePartitionIsNotLookedAt) {
  TestCluster cluster;
  cluster.create("t", 100);
  SourceRun run(cluster.brokers());
  run.host.options["tail"] = {"true"};
  run.host.options["discover"] = {"3600000000"};
  run.property("topic.metadata.refresh.interval.ms") = "300000";
  run.open();
  ASSERT_TRUE(run.run_until([&] {
    for (const auto& [name, position] : run.positions()) {
      if (position != "1 0") return false;
    }
    return true;
  }));
  const int wakes = run.host.wakes;
  std::this_thread::sleep_for(1s);
  EXPECT_EQ(run.host.wakes, wakes);
  cluster.produce_numbers("t", 42, 0, 1);
  EXPECT_TRUE(run.run_until_values(1));
}

TEST(KafkaSource, LagIsTold) {
  TestCluster cluster;
  cluster.create("t", 2);
  cluster.produce_numbers("t", 0, 0, 100);
  SourceRun run(cluster.brokers());
  run.host.options["tail"] = {"true"};
  run.host.options["batch"] = {"10"};
  run.open();
  ASSERT_TRUE(run.run_until_values(100));
  ASSERT_TRUE(run.run_until([&] { return run.position("t/1") == "1 0"; }));
  const std::vector<double>& lag = run.host.metrics["consumer_lag{partition=\"t/0\"}"];
  ASSERT_FALSE(lag.empty());
  EXPECT_EQ(*std::max_element(lag.begin(), lag.end()), 90);
  EXPECT_EQ(lag.back(), 0);
  EXPECT_EQ(run.host.metrics["consumer_lag_total"].back(), 0);
  double messages = 0;
  for (const double n : run.host.metrics["messages"]) messages += n;
  EXPECT_EQ(messages, 100);
  EXPECT_EQ(run.host.metrics["partitions"].back(), 2);
  EXPECT_EQ(run.host.metrics["rebalances"].size(), 2u);
}

TEST(KafkaSource, APositionOfAnotherKindIsRefused) {
  EXPECT_EQ(parse_position("1 17", "t/0"), Position::at(17));
  EXPECT_EQ(parse_position(format_position(Position::earliest()), "t/0"), Position::earliest());
  EXPECT_EQ(parse_position(format_position({}), "t/0"), Position{});
  for (const char* wrong : {"", "17", "2 17", "1 ", "1 -4", "1 17x", "1 99999999999999999999"}) {
    EXPECT_THROW(parse_position(wrong, "t/0"), streamhost::Error) << wrong;
  }
}

TEST(SourceOptions, StartTakesTimes) {
  EXPECT_EQ(parse_start("1970-01-01T00:00:01Z").value, 1000);
  EXPECT_EQ(parse_start("2026-01-31T12:00:00.25+01:00").value, 1769857200250);
  for (const char* wrong : {"", "soon", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00",
                            "2026-01-01T24:00:00Z", "2026-01-01"}) {
    EXPECT_THROW(parse_start(wrong), streamhost::Error) << wrong;
  }
}

TEST(SourceOptions, WrongOnesAreRefusedBeforeAnythingRuns) {
  const auto mistake = [](const std::function<void(plugin_common::TestOptions&)>& change) {
    SourceRun run("127.0.0.1:1");
    change(run.host.options);
    try {
      run.make();
      return std::string();
    } catch (const streamhost::Error& e) {
      return std::string(e.what());
    }
  };
  EXPECT_EQ(mistake([](auto&) {}), "");
  EXPECT_NE(mistake([](auto& o) { o["topics"] = {"a/b"}; }).find("no topic can be called"),
            std::string::npos);
  EXPECT_NE(mistake([](auto& o) { o["topics"] = {"^a["}; }).find("pattern"), std::string::npos);
  EXPECT_NE(mistake([](auto& o) { o["start"] = {"stored"}; }).find("needs `group`"),
            std::string::npos);
  EXPECT_NE(mistake([](auto& o) { o["headers"] = {"key"}; }).find("`headers`"), std::string::npos);
  EXPECT_NE(mistake([](auto& o) {
              o.entries("properties")["isolation.levle"] = "x";
            }).find("did you mean \"isolation.level\"?"),
            std::string::npos);
}

TEST(TopicFilter, PatternsAreThoseOfLibrdkafka) {
  const TopicFilter filter({"a", "^b.*c$"});
  EXPECT_TRUE(filter.matches("a"));
  EXPECT_FALSE(filter.matches("ab"));
  EXPECT_TRUE(filter.matches("bxc"));
  EXPECT_FALSE(filter.matches("xbxc"));
  EXPECT_FALSE(TopicFilter({"^.*"}).matches("__consumer_offsets"));
  EXPECT_TRUE(TopicFilter({"^__.*"}).matches("__consumer_offsets"));
}

}  // namespace
}  // namespace kafka_plugin
