#include "sink.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka_mock.h>

#include <algorithm>
#include <numeric>

#include "sink_harness.h"

namespace kafka_plugin {
namespace {

using Strings = std::vector<std::string>;

// A cluster with the topic "t", and a sink that writes to it.
struct OneTopic {
  explicit OneTopic(int partitions = 1) {
    cluster.create("t", partitions);
    reader.emplace(cluster.brokers());
    run.emplace(cluster.brokers());
  }
  TestCluster cluster;
  std::optional<TopicReader> reader;
  std::optional<SinkRun> run;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Strings numbers(int first, int count) {
  Strings all;
  for (int i = 0; i < count; ++i) all.push_back(std::to_string(first + i));
  return all;
}

TEST(KafkaSink, KeyValueHeadersAndEventTimeAreThoseOfTheRecord) {
  OneTopic t;
  t.run->open();
  t.run->do_epoch(1,
                  {{"key", "value", {{"a", "1"}, {"b", ""}, {"a", "2"}}, 1'700'000'000'123'456}});
  const auto found = t.reader->messages("t");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].key, "key");
  EXPECT_EQ(found[0].value, "value");
  EXPECT_EQ(found[0].headers, (Headers{{"a", "1"}, {"b", ""}, {"a", "2"}}));
  EXPECT_EQ(found[0].timestamp_ms, 1'700'000'000'123);
  EXPECT_TRUE(t.run->host.rejected.empty());
}

TEST(KafkaSink, WithoutAnEventTimeTheTimestampIsThatOfSending) {
  OneTopic t;
  t.run->open();
  const int64_t before_ms = t.run->host.context().now_us() / 1000;
  t.run->do_epoch(1, {{"k", "v"}});
  const int64_t after_ms = t.run->host.context().now_us() / 1000;
  const auto found = t.reader->messages("t");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_GE(found[0].timestamp_ms, before_ms);
  EXPECT_LE(found[0].timestamp_ms, after_ms);
}

TEST(KafkaSink, TimestampNowPaysNoHeedToEventTime) {
  OneTopic t;
  t.run->host.options["timestamp"] = {"now"};
  t.run->open();
  const int64_t before_ms = t.run->host.context().now_us() / 1000;
  t.run->do_epoch(1, {{"k", "v", {}, 1'000'000}});
  const auto found = t.reader->messages("t");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_GE(found[0].timestamp_ms, before_ms);
}

TEST(KafkaSink, HeadersFalseSendsNone) {
  OneTopic t;
  t.run->host.options["headers"] = {"false"};
  t.run->open();
  t.run->do_epoch(1, {{"k", "v", {{"a", "1"}}}});
  const auto found = t.reader->messages("t");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].value, "v");
  EXPECT_TRUE(found[0].headers.empty());
}

TEST(KafkaSink, ATombstoneHasAKeyAndNoValue) {
  OneTopic t;
  t.run->open();
  t.run->do_epoch(1, {{"k", std::nullopt}, {"k", ""}});
  const auto found = t.reader->messages("t");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].key, "k");
  EXPECT_EQ(found[0].value, std::nullopt);
  EXPECT_EQ(found[1].value, "");
}

TEST(KafkaSink, AnEmptyKeyIsAnotherThanNone) {
  OneTopic t;
  t.run->open();
  t.run->do_epoch(1, {{std::nullopt, "none"}, {"", "empty"}});
  const auto found = t.reader->messages("t");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].key, std::nullopt);
  EXPECT_EQ(found[1].key, "");
}

TEST(KafkaSink, AHeaderNamesTheTopicAndDoesNotGoOut) {
  OneTopic t;
  t.cluster.create("other", 1);
  t.run->host.options["topic_header"] = {"to"};
  t.run->open();
  t.run->do_epoch(1, {{"k", "first", {{"a", "1"}, {"to", "other"}}},
                      {"k", "second"},
                      {"k", "third", {{"to", ""}}}});
  const auto other = t.reader->messages("other");
  ASSERT_EQ(other.size(), 1u);
  EXPECT_EQ(other[0].value, "first");
  EXPECT_EQ(other[0].headers, (Headers{{"a", "1"}}));
  EXPECT_EQ(t.reader->values("t"), (Strings{"second", "third"}));
}

TEST(KafkaSink, ARecordThatNamesNoTopicIsRejectedWhereTheStepHasNone) {
  OneTopic t;
  t.run->host.options.erase("topic");
  t.run->host.options["topic_header"] = {"to"};
  t.run->open();
  t.run->do_epoch(1, {{"k", "nowhere"}, {"k", "there", {{"to", "t"}}}});
  EXPECT_EQ(t.reader->values("t"), (Strings{"there"}));
  EXPECT_EQ(t.run->host.rejected, (Strings{"nowhere"}));
  EXPECT_EQ(t.run->host.reasons, (Strings{"it has no header \"to\", and the step no `topic`"}));
}

TEST(KafkaSink, AHeaderNamesThePartitionAndDoesNotGoOut) {
  OneTopic t(4);
  t.run->host.options["partition_header"] = {"p"};
  t.run->open();
  t.run->do_epoch(1, {{"same", "three", {{"p", "3"}, {"a", "1"}}}, {"same", "zero", {{"p", "0"}}}});
  const auto three = t.reader->messages("t", 3);
  ASSERT_EQ(three.size(), 1u);
  EXPECT_EQ(three[0].value, "three");
  EXPECT_EQ(three[0].headers, (Headers{{"a", "1"}}));
  EXPECT_EQ(t.reader->values("t", 0), (Strings{"zero"}));
}

TEST(KafkaSink, WhatIsNoPartitionIsRejectedWithItsReason) {
  OneTopic t(4);
  t.run->host.options["partition_header"] = {"p"};
  t.run->open();
  // Once something was delivered, the client knows how many partitions there are.
  t.run->do_epoch(1, {{"k", "good", {{"p", "1"}}}});
  t.run->do_epoch(2, {{"k", "word", {{"p", "two"}}},
                      {"k", "below", {{"p", "-1"}}},
                      {"k", "more", {{"p", "1x"}}},
                      {"k", "empty", {{"p", ""}}},
                      {"k", "large", {{"p", "99999999999"}}},
                      {"k", "beyond", {{"p", "4"}}},
                      {"k", "last", {{"p", "1"}}}});
  EXPECT_EQ(t.run->host.rejected, (Strings{"word", "below", "more", "empty", "large", "beyond"}));
  const Strings& why = t.run->host.reasons;
  ASSERT_EQ(why.size(), 6u);
  EXPECT_EQ(why[0], "its header \"p\" is \"two\", not the number of a partition");
  EXPECT_EQ(why[1], "its header \"p\" is \"-1\", not the number of a partition");
  EXPECT_EQ(why[5],
            "topic \"t\", partition 4: Local: Unknown partition; create it, or correct its name");
  EXPECT_EQ(t.reader->values("t", 1), (Strings{"good", "last"}));
}

TEST(KafkaSink, KeysComeWhereJavaClientsPutThem) {
  constexpr int kPartitions = 31;
  OneTopic t(kPartitions);
  t.run->open();
  // As org.apache.kafka.common.utils.Utils.murmur2 has them.
  const std::vector<std::pair<std::string, int32_t>> known = {
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107}};
  std::vector<GivenRecord> records;
  std::map<int32_t, Strings> expected;
  for (const auto& [key, hash] : known) {
    records.push_back({key, "v"});
    expected[(hash & 0x7fffffff) % kPartitions].push_back(key);
  }
  t.run->do_epoch(1, records);
  std::map<int32_t, Strings> found;
  for (int32_t p = 0; p < kPartitions; ++p) {
    Strings keys = t.reader->keys("t", p);
    if (!keys.empty()) found[p] = std::move(keys);
  }
  EXPECT_EQ(found, expected);
}

TEST(KafkaSink, AMessageThatIsTooLargeIsRejectedAndNoMore) {
  OneTopic t;
  t.run->property("message.max.bytes") = "2000";
  t.run->open();
  t.run->do_epoch(1, {{"k", "before"}, {"k", std::string(2000, 'x')}, {"k", "after"}});
  ASSERT_EQ(t.run->host.reasons.size(), 1u);
  EXPECT_EQ(t.run->host.reasons[0],
            "it makes a message of 2037 bytes, more than message.max.bytes (2000) of `properties`");
  EXPECT_EQ(t.reader->values("t"), (Strings{"before", "after"}));
}

TEST(KafkaSink, WhatIsJustNotTooLargeIsDelivered) {
  OneTopic t;
  t.run->property("message.max.bytes") = "2000";
  t.run->open();
  // All sizes around the limit, with headers, which count too: rejected or delivered, never failed.
  std::vector<GivenRecord> records;
  for (size_t size = 1900; size < 2000; ++size) {
    records.push_back({"key", std::string(size, 'x'), {{"header", "value"}}});
  }
  t.run->do_epoch(1, records);
  EXPECT_GT(t.run->host.rejected.size(), 0u);
  EXPECT_GT(t.reader->values("t").size(), 0u);
  EXPECT_EQ(t.reader->values("t").size() + t.run->host.rejected.size(), records.size());
}

TEST(KafkaSink, ATopicWhoseNameIsNoneIsRejected) {
  OneTopic t;
  t.run->host.options["topic_header"] = {"to"};
  t.run->open();
  t.run->do_epoch(1, {{"k", "bad", {{"to", std::string(600, 'x')}}}, {"k", "good"}});
  EXPECT_EQ(t.run->host.rejected, (Strings{"bad"}));
  ASSERT_EQ(t.run->host.reasons.size(), 1u);
  EXPECT_TRUE(has(t.run->host.reasons[0], "is no name of a topic")) << t.run->host.reasons[0];
  EXPECT_EQ(t.reader->values("t"), (Strings{"good"}));
}

TEST(KafkaSink, AnEpochIsPreparedOnlyWhenAllIsAcknowledged) {
  OneTopic t;
  t.run->open();
  t.run->do_epoch(1, numbered(0, 10));
  t.cluster.all_brokers(false);
  t.run->write(numbered(10, 10));
  EXPECT_FALSE(t.run->try_prepare(2).done);
  // What went before does not end it either.
  ASSERT_TRUE(t.run->until([&] { return t.run->logged("no broker can be reached") != 0; }));
  EXPECT_FALSE(t.run->try_prepare(2).done);
  t.cluster.all_brokers(true);
  EXPECT_EQ(t.run->prepare(2), "");
  EXPECT_EQ(t.reader->values("t"), numbers(0, 20));
}

TEST(KafkaSink, SlowBrokersAreWaitedFor) {
  OneTopic t;
  t.run->open();
  t.run->do_epoch(1, numbered(0, 1));
  rd_kafka_mock_broker_set_rtt(t.cluster.mock(), 1, 300);
  const auto start = std::chrono::steady_clock::now();
  t.run->write(numbered(1, 1));
  EXPECT_FALSE(t.run->try_prepare(2).done);
  t.run->prepare(2);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(290));
}

struct Refusal {
  rd_kafka_resp_err_t code;
  std::string why, advice;
};
void PrintTo(const Refusal& refusal, std::ostream* to) { *to << refusal.why; }

class KafkaSinkRefused : public testing::TestWithParam<Refusal> {};

TEST_P(KafkaSinkRefused, AMessageFailsTheEpochAndTheReasonNamesTheTopicAndTheRemedy) {
  OneTopic t;
  t.run->open();
  t.run->do_epoch(1, numbered(0, 1));
  rd_kafka_mock_push_request_errors(t.cluster.mock(), kProduceRequest, 1, GetParam().code);
  const std::string why = t.run->failure([&] {
    t.run->write({{"k", "1234"}});
    t.run->prepare(2);
  });
  EXPECT_EQ(why, "topic \"t\", partition 0: a message of 4 bytes was not delivered: Broker: " +
                     GetParam().why + "; " + GetParam().advice);
  // It is not forgotten.
  EXPECT_NE(t.run->failure([&] { t.run->try_prepare(2); }), "");
}

INSTANTIATE_TEST_SUITE_P(
    ByBroker, KafkaSinkRefused,
    testing::Values(Refusal{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
                            "Topic authorization failed", "grant this user Write on the topic"},
                    Refusal{RD_KAFKA_RESP_ERR_INVALID_RECORD, "Broker failed to validate record",
                            "a compacted topic takes no message without a key"},
                    Refusal{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "Message size too large",
                            "raise max.message.bytes of the topic, or let nothing so large come "
                            "here"}),
    [](const auto& one) { return std::string(rd_kafka_err2name(one.param.code)); });

TEST(KafkaSink, ATopicThatIsNotThereFailsTheEpoch) {
  OneTopic t;
  t.cluster.set_topic_error("gone", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  t.run->host.options["topic"] = {"gone"};
  t.run->property("topic.metadata.propagation.max.ms") = "100";
  t.run->open();
  const std::string why = t.run->failure([&] {
    t.run->write(numbered(0, 1));
    t.run->prepare(1);
  });
  EXPECT_TRUE(has(why, "topic \"gone\"")) << why;
  EXPECT_TRUE(has(why, "; create it, or correct its name")) << why;
}

TEST(KafkaSink, WhatIsNotAcknowledgedInTimeFailsTheEpoch) {
  OneTopic t;
  t.run->host.options["delivery_timeout"] = {"300000"};
  t.run->open();
  t.run->do_epoch(1, numbered(0, 1));
  t.cluster.all_brokers(false);
  const std::string why = t.run->failure([&] {
    t.run->write(numbered(1, 1));
    t.run->prepare(2);
  });
  EXPECT_TRUE(has(why, "topic \"t\"")) << why;
  EXPECT_TRUE(has(why, "raise delivery_timeout")) << why;
}

TEST(KafkaSink, AFullQueueTakesAPartAndNothingIsLost) {
  OneTopic t;
  t.run->host.options["buffer"] = {"65536"};
  t.run->open();
  std::vector<GivenRecord> records;
  Strings expected;
  for (int i = 0; i < 1000; ++i) {
    expected.push_back(std::to_string(i) + std::string(500, 'x'));
    records.push_back({"k", expected.back()});
  }
  EXPECT_GT(t.run->write(records), 0) << "all 500 KB fit into a buffer of 64 KiB";
  t.run->prepare(1);
  EXPECT_EQ(t.reader->values("t"), expected);
}

TEST(KafkaSink, NoBrokerIsLoggedOnceAndItGoesOnWhenTheyAreBack) {
  OneTopic t;
  t.cluster.all_brokers(false);
  t.run->open();
  t.run->write(numbered(0, 3));
  ASSERT_TRUE(t.run->until([&] { return t.run->logged("no broker can be reached") != 0; }));
  EXPECT_FALSE(t.run->try_prepare(1).done);
  t.cluster.all_brokers(true);
  t.run->prepare(1);
  EXPECT_EQ(t.run->logged("no broker can be reached (brokers = \"" + t.cluster.brokers()), 1u);
  EXPECT_EQ(t.run->logged("a broker answers again"), 1u);
  // And the connection that was refused first, before it was clear that all are.
  EXPECT_LE(t.run->host.logged().size(), 3u) << testing::PrintToString(t.run->host.logged());
  EXPECT_EQ(t.reader->values("t"), numbers(0, 3));
}

TEST(KafkaSink, TellsWhatWasDeliveredAndHowLongItTook) {
  OneTopic t;
  t.run->open();
  t.run->do_epoch(1, numbered(0, 100));
  t.run->do_epoch(2, numbered(100, 20));
  const auto& delivered = t.run->host.metrics["delivered"];
  EXPECT_EQ(std::accumulate(delivered.begin(), delivered.end(), 0.0), 120.0);
  const auto& in_flight = t.run->host.metrics["in_flight"];
  ASSERT_FALSE(in_flight.empty());
  EXPECT_EQ(in_flight.back(), 0.0);
  const auto& latency = t.run->host.metrics["delivery_latency_seconds"];
  ASSERT_FALSE(latency.empty());
  for (const double seconds : latency) {
    EXPECT_GT(seconds, 0.0);
    EXPECT_LT(seconds, 10.0);
  }
}

TEST(KafkaSink, AnEpochWithoutRecordsIsPreparedAtOnce) {
  OneTopic t;
  t.cluster.all_brokers(false);
  t.run->open();
  EXPECT_TRUE(t.run->try_prepare(1).done);
  EXPECT_TRUE(t.run->sink->commit(1, "").done);
}

TEST(KafkaSink, ClosingDoesNotWaitForWhatIsNotDelivered) {
  OneTopic t;
  t.cluster.all_brokers(false);
  t.run->open();
  t.run->write(numbered(0, 100));
  const auto start = std::chrono::steady_clock::now();
  t.run->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

// --- Options.

struct Options {
  std::string mistake() { return run.mistake(); }
  SinkRun run{"127.0.0.1:1"};
};

TEST(KafkaSinkOptions, TheUsualOnesAreTaken) {
  Options o;
  EXPECT_EQ(o.mistake(), "");
  o.run.host.options["delivery"] = {"exactly_once"};
  o.run.host.options["transactional_id"] = {"id"};
  EXPECT_EQ(o.mistake(), "");
  o.run.host.options.erase("topic");
  o.run.host.options["topic_header"] = {"to"};
  EXPECT_EQ(o.mistake(), "");
  for (const char* partitioner : {"murmur2", "consistent", "fnv1a", "random"}) {
    o.run.host.options["partitioner"] = {partitioner};
    EXPECT_EQ(o.mistake(), "") << partitioner;
  }
  for (const char* compression : {"none", "gzip", "snappy", "lz4"}) {
    o.run.host.options["compression"] = {compression};
    EXPECT_EQ(o.mistake(), "") << compression;
  }
}

TEST(KafkaSinkOptions, ExactlyOnceNeedsATransactionalId) {
  Options o;
  o.run.host.options["delivery"] = {"exactly_once"};
  EXPECT_EQ(o.mistake(),
            "`delivery` = \"exactly_once\" needs a `transactional_id` that no other sink of any "
            "job on these brokers uses; keep it as long as the job is to go on from its snapshots");
}

TEST(KafkaSinkOptions, RecordsMustHaveATopicToGoTo) {
  Options o;
  o.run.host.options.erase("topic");
  EXPECT_EQ(o.mistake(), "where do records go? Give `topic`, or `topic_header`, or both");
}

TEST(KafkaSinkOptions, BrokersMustBeNamed) {
  Options o;
  o.run.host.options["brokers"] = {};
  EXPECT_EQ(o.mistake(), "`brokers` names no broker");
}

TEST(KafkaSinkOptions, AnUnknownPropertyIsRefused) {
  Options o;
  o.run.property("batch.sise") = "10";
  const std::string mistake = o.mistake();
  EXPECT_TRUE(has(mistake, "knows no property \"batch.sise\"")) << mistake;
  EXPECT_TRUE(has(mistake, "did you mean \"batch.size\"?")) << mistake;
}

TEST(KafkaSinkOptions, APropertyOfConsumersIsRefused) {
  Options o;
  o.run.property("fetch.min.bytes") = "10";
  const std::string mistake = o.mistake();
  EXPECT_TRUE(has(mistake, "it is for consumers, and a sink is a producer")) << mistake;
}

TEST(KafkaSinkOptions, WhatTheSinkDecidesIsRefusedWithTheOptionToUse) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"transactional.id", "use the option `transactional_id`"},
      {"transaction.timeout.ms", "use the option `transaction_timeout`"},
      {"enable.idempotence", "it is always on"},
      {"acks", "all replicas in sync acknowledge, always"},
      {"request.required.acks", "all replicas in sync acknowledge, always"},
      {"delivery.report.only.error", "every report is looked at"},
      {"enable.gapless.guarantee", "it would stop the job at the first message that fails"},
      {"message.timeout.ms", "use the option `delivery_timeout`"},
      {"delivery.timeout.ms", "use the option `delivery_timeout`"},
      {"partitioner", "use the option `partitioner`"},
      {"compression.type", "use the option `compression`"},
      {"compression.codec", "use the option `compression`"},
      {"linger.ms", "use the option `linger`"},
      {"queue.buffering.max.ms", "use the option `linger`"},
      {"queue.buffering.max.kbytes", "use the option `buffer`"}};
  for (const auto& [property, instead] : refused) {
    Options o;
    o.run.property(property) = "1";
    EXPECT_EQ(o.mistake(),
              "`properties`: the property \"" + property + "\" cannot be set: " + instead);
  }
}

TEST(KafkaSinkOptions, PropertiesThatDoNotFitTogetherAreRefused) {
  Options o;
  o.run.property("max.in.flight") = "1000";  // an idempotent producer may have 5
  EXPECT_NE(o.mistake(), "");
}

}  // namespace
}  // namespace kafka_plugin
