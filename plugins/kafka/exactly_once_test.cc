#include "exactly_once.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka_mock.h>

#include "epoch_marker.h"
#include "sink_harness.h"

namespace kafka_plugin {
namespace {

using Strings = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Strings numbers(int first, int count) {
  Strings all;
  for (int i = 0; i < count; ++i) all.push_back(std::to_string(first + i));
  return all;
}

// A run of a job: one worker with the transactional id "id-0".
struct JobRun : SinkRun {
  explicit JobRun(const std::string& brokers) : SinkRun(brokers) {
    host.options["delivery"] = {"exactly_once"};
    host.options["transactional_id"] = {"id"};
  }
  void settle(uint64_t epoch, const std::vector<std::string>& handles) {
    make();
    for (const std::string& handle : handles) {
      EXPECT_FALSE(sink->commit(epoch, handle).done) << "before all handles are known";
    }
    for (const std::string& handle : handles) commit(epoch, handle);
  }
};

// The mock cluster makes no topics when it is asked to, so the one of the markers is there.
struct Cluster : TestCluster {
  explicit Cluster(bool with_markers = true) {
    create("t", 1);
    if (with_markers) create("id-epochs", 1);
    reader.emplace(brokers());
  }
  Strings values() { return reader->values("t"); }
  Strings markers() { return reader->keys("id-epochs"); }
  void refuse(int16_t request, rd_kafka_resp_err_t code) {
    rd_kafka_mock_push_request_errors(mock(), request, 1, code);
  }
  std::optional<TopicReader> reader;
};

EpochHandle read(const std::string& handle) {
  std::string_view output;
  return decode_handle(handle, output);
}

// A handle as the store may have it, of an epoch that put these values out.
std::string made_handle(EpochHandle handle, const Strings& values) {
  EpochOutput output(handle.topic);
  for (const std::string& value : values) {
    Outgoing message;
    message.topic = handle.topic;
    message.key = "k";
    message.value = value;
    output.append(message);
  }
  return encode_handle(handle, output);
}

EpochHandle handle_of(const std::string& prefix, uint32_t slot, uint32_t slots,
                      int64_t marker_offset, bool sent) {
  EpochHandle handle{prefix, slot, slots, "9f", "t", "id-epochs", marker_offset};
  handle.sent = sent;
  return handle;
}

TEST(KafkaExactlyOnce, TheFirstEpochOfAllIsSentOnlyWhenItIsDurable) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.open();
  run.write(numbered(0, 3));
  const std::string handle = run.prepare(1);
  EXPECT_FALSE(read(handle).sent);
  EXPECT_TRUE(read(handle).has_output());
  EXPECT_EQ(read(handle).marker_offset, 0);
  EXPECT_EQ(read(handle).transactional_id(), "id-0");
  EXPECT_EQ(read(handle).slots, 1u);
  EXPECT_EQ(cluster.values(), Strings());
  EXPECT_EQ(cluster.markers(), Strings());
  run.commit(1, handle);
  EXPECT_EQ(cluster.values(), numbers(0, 3));
  EXPECT_EQ(cluster.markers(), (Strings{"id-0"}));
  EXPECT_EQ(run.host.logged(), Strings());
}

TEST(KafkaExactlyOnce, LaterEpochsAreSentBeforeTheyArePrepared) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.open();
  run.do_epoch(1, numbered(0, 3));
  for (uint64_t epoch = 2; epoch < 5; ++epoch) {
    const int before = 3 * static_cast<int>(epoch - 1);
    run.write(numbered(before, 3));
    const std::string handle = run.prepare(epoch);
    EXPECT_TRUE(read(handle).sent);
    EXPECT_EQ(read(handle).marker_offset, static_cast<int64_t>(epoch) - 1);
    EXPECT_EQ(cluster.values(), numbers(0, before + 3));
    run.commit(epoch, handle);
  }
  EXPECT_EQ(cluster.values(), numbers(0, 12)) << "nothing comes twice";
  EXPECT_EQ(cluster.markers(), Strings(4, "id-0"));
}

TEST(KafkaExactlyOnce, AMarkerNamesItsEpochAndTransaction) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.open();
  const EpochHandle first = read(run.do_epoch(7, numbered(0, 1)));
  const EpochHandle second = read(run.do_epoch(8, numbered(1, 1)));
  EXPECT_NE(first.nonce, second.nonce);
  EXPECT_EQ(cluster.reader->values("id-epochs"),
            (Strings{marker_text(7, first.nonce), marker_text(8, second.nonce)}));
}

TEST(KafkaExactlyOnce, AMessageOfTheFirstEpochIsAsOneOfLaterEpochs) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.open();
  const std::vector<GivenRecord> records = {
      {"key", "value", {{"a", "1"}, {"b", ""}}, 1'700'000'000'123'456},
      {"tombstone", std::nullopt, {}, 1'700'000'000'000'000},
      {std::nullopt, "no key", {}, 1'700'000'000'000'000},
      {"", "", {}, 1'700'000'000'000'000}};
  run.do_epoch(1, records);
  run.do_epoch(2, records);
  const auto found = cluster.reader->messages("t");
  ASSERT_EQ(found.size(), 8u);
  for (size_t i = 0; i < 4; ++i) {
    for (const ReadMessage& m : {found[i], found[i + 4]}) {
      EXPECT_EQ(m.key, records[i].key);
      EXPECT_EQ(m.value, records[i].value);
      EXPECT_EQ(m.headers, records[i].headers);
      EXPECT_EQ(m.timestamp_ms, records[i].event_time_us / 1000);
    }
  }
}

TEST(KafkaExactlyOnce, AnEpochWithoutOutputHasAHandleAndNoTransaction) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.open();
  const std::string handle = run.prepare(1);
  EXPECT_FALSE(read(handle).has_output());
  run.commit(1, handle);
  EXPECT_EQ(cluster.markers(), Strings());
  // It names the id all the same: what comes next is sent at once.
  run.write(numbered(0, 2));
  const std::string second = run.prepare(2);
  EXPECT_TRUE(read(second).sent);
  run.commit(2, second);
  run.commit(3, run.prepare(3));
  EXPECT_EQ(cluster.values(), numbers(0, 2));
  EXPECT_EQ(cluster.markers(), (Strings{"id-0"}));
}

TEST(KafkaExactlyOnce, RecordsAreTakenBeforeAnyBrokerAnswers) {
  Cluster cluster;
  cluster.all_brokers(false);
  JobRun run(cluster.brokers());
  run.open();
  EXPECT_EQ(run.offer(numbered(0, 50)).records, 50u);
  EXPECT_FALSE(run.try_prepare(1).done);
  cluster.all_brokers(true);
  run.commit(1, run.prepare(1));
  EXPECT_EQ(cluster.values(), numbers(0, 50));
}

TEST(KafkaExactlyOnce, WhatIsWrittenWhileAnEpochIsCommittedBelongsToTheNext) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.open();
  run.write(numbered(0, 5));
  const std::string first = run.prepare(1);
  run.write(numbered(5, 5));
  run.commit(1, first);
  EXPECT_EQ(read(first).marker_offset, 0);
  const std::string second = run.prepare(2);
  run.write(numbered(10, 5));
  run.commit(2, second);
  run.commit(3, run.prepare(3));
  EXPECT_EQ(cluster.values(), numbers(0, 15));
  EXPECT_EQ(cluster.markers(), Strings(3, "id-0"));
}

TEST(KafkaExactlyOnce, ARecordThatIsTooLargeIsRejectedInEveryEpoch) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.property("message.max.bytes") = "2000";
  run.open();
  for (uint64_t epoch = 1; epoch < 3; ++epoch) {
    run.do_epoch(epoch, {{"k", "a"}, {"k", std::string(3000, 'x')}, {"k", "b"}});
  }
  EXPECT_EQ(run.host.rejected.size(), 2u);
  EXPECT_EQ(cluster.values(), (Strings{"a", "b", "a", "b"}));
}

TEST(KafkaExactlyOnce, AFullQueueLosesNothingAndKeepsTheOrder) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.host.options["buffer"] = {"65536"};
  run.host.options["epoch_bytes"] = {"131072"};
  run.open();
  Strings expected;
  for (uint64_t epoch = 1; epoch < 4; ++epoch) {
    std::vector<GivenRecord> records;
    for (int i = 0; i < 400; ++i) {
      expected.push_back(std::to_string(expected.size()) + std::string(500, 'x'));
      records.push_back({"k", expected.back()});
    }
    run.do_epoch(epoch, records);
  }
  EXPECT_EQ(cluster.values(), expected);
  EXPECT_EQ(cluster.markers().size(), 3u);
}

TEST(KafkaExactlyOnce, AnEpochEndsEarlyUntilTheIdIsNamed) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.open();
  EXPECT_EQ(run.host.epochs_requested, 0);
  run.write(numbered(0, 1));
  run.write(numbered(1, 1));
  EXPECT_EQ(run.host.epochs_requested, 1) << "once is enough";
  run.commit(1, run.prepare(1));
  run.do_epoch(2, numbered(2, 1));
  EXPECT_EQ(run.host.epochs_requested, 1);
}

TEST(KafkaExactlyOnce, AnEpochThatIsTooLargeIsAskedToEnd) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.host.options["epoch_bytes"] = {"65536"};
  run.open();
  run.do_epoch(1, numbered(0, 1));
  run.write({{"k", std::string(60'000, 'x')}});
  EXPECT_EQ(run.host.epochs_requested, 1);
  run.write({{"k", std::string(10'000, 'x')}, {"k", "more"}, {"k", "yet more"}});
  EXPECT_EQ(run.host.epochs_requested, 2);
  run.commit(2, run.prepare(2));
  EXPECT_EQ(cluster.values().size(), 5u);
}

TEST(KafkaExactlyOnce, AnEpochThatTakesTooLongForItsTransactionIsAskedToEnd) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.host.options["transaction_timeout"] = {"1500000"};
  run.open();
  run.do_epoch(1, numbered(0, 1));
  EXPECT_EQ(run.host.epochs_requested, 1);
  run.write(numbered(1, 1));
  EXPECT_TRUE(run.until([&] { return run.host.epochs_requested == 2; }));
}

// --- The marker topic.

// The mock cluster names no controller, so that no topic can be made.
TEST(KafkaExactlyOnce, AMarkerTopicThatCannotBeMadeIsLoggedAndItGoesOn) {
  Cluster cluster(false);
  cluster.set_topic_error("id-epochs", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  JobRun run(cluster.brokers());
  run.property("socket.timeout.ms") = "300";
  run.open();
  run.write(numbered(0, 3));
  ASSERT_TRUE(run.until([&] { return run.logged("cannot be made") != 0; }));
  cluster.set_topic_error("id-epochs", RD_KAFKA_RESP_ERR_NO_ERROR);  // somebody has made it
  run.commit(1, run.prepare(1));
  EXPECT_EQ(run.logged("the topic \"id-epochs\", for markers of committed epochs, cannot be made"),
            1u);
  EXPECT_EQ(run.logged("if it is not there, make it: one partition, cleanup.policy=compact"), 1u);
  EXPECT_EQ(cluster.values(), numbers(0, 3));
  EXPECT_EQ(cluster.markers(), (Strings{"id-0"}));
}

// --- What an earlier run has left.

TEST(KafkaExactlyOnce, AnEpochWhoseMarkerIsThereIsNotProducedAgain) {
  Cluster cluster;
  std::string handle;
  {
    JobRun run(cluster.brokers());
    run.open();
    run.do_epoch(1, numbered(0, 3));
    handle = run.do_epoch(2, numbered(3, 3));
  }
  JobRun next(cluster.brokers());
  next.settle(2, {handle});
  EXPECT_EQ(cluster.values(), numbers(0, 6));
  EXPECT_EQ(cluster.markers(), Strings(2, "id-0"));
  EXPECT_EQ(next.host.logged(), Strings());
}

TEST(KafkaExactlyOnce, AnEpochThatWasNotCommittedIsProducedAgainOnce) {
  Cluster cluster;
  std::string handle;
  {
    JobRun run(cluster.brokers());
    run.open();
    run.write(numbered(0, 3));
    handle = run.prepare(1);
  }
  EXPECT_EQ(cluster.values(), Strings());
  for (int i = 0; i < 3; ++i) {
    JobRun next(cluster.brokers());
    next.settle(1, {handle});
    EXPECT_EQ(cluster.values(), numbers(0, 3));
    EXPECT_EQ(cluster.markers(), (Strings{"id-0"}));
    EXPECT_EQ(next.logged("epoch 1 of \"id-0\" was not committed: its 3 messages are produced "
                          "again"),
              i == 0 ? 1u : 0u);
  }
}

TEST(KafkaExactlyOnce, AMarkerOfAnotherWorkerDoesNotCount) {
  Cluster cluster;
  cluster.produce("id-epochs", 0, {{"id-1", "x"}, {"id-1", "x"}, {"id", "x"}, {"id-00", "x"}});
  JobRun run(cluster.brokers());
  // It was sent to offset 1, and what is there belongs to others.
  run.settle(4, {made_handle(handle_of("id", 0, 2, 1, true), {"a", "b"})});
  EXPECT_EQ(cluster.values(), (Strings{"a", "b"}));
  EXPECT_EQ(cluster.markers().back(), "id-0");
}

TEST(KafkaExactlyOnce, AMarkerBeforeItsPlaceDoesNotCount) {
  Cluster cluster;
  cluster.produce("id-epochs", 0, {{"id-0", "of an older epoch"}, {"id-1", "x"}});
  JobRun run(cluster.brokers());
  run.settle(4, {made_handle(handle_of("id", 0, 1, 1, true), {"a"})});
  EXPECT_EQ(cluster.values(), (Strings{"a"}));
}

TEST(KafkaExactlyOnce, AMarkerFarBehindItsPlaceCounts) {
  Cluster cluster;
  std::vector<TestMessage> markers(500, TestMessage{"id-1", "x"});
  markers.push_back({"id-0", "x"});
  cluster.produce("id-epochs", 0, markers);
  JobRun run(cluster.brokers());
  run.settle(4, {made_handle(handle_of("id", 0, 2, 0, false), {"a"})});
  EXPECT_EQ(cluster.values(), Strings());
}

TEST(KafkaExactlyOnce, AllHandlesAreKnownBeforeTheFirstIsSettled) {
  Cluster cluster;
  cluster.produce("id-epochs", 0, {{"id-1", "x"}});
  JobRun run(cluster.brokers());
  run.make();
  const Strings handles = {made_handle(handle_of("id", 0, 4, 0, true), {"a", "b"}),
                           made_handle(handle_of("id", 1, 4, 0, true), {"there already"}),
                           made_handle(handle_of("id", 2, 4, 0, false), {"c"}),
                           encode_handle(handle_of("id", 3, 4, -1, true), EpochOutput("t"))};
  for (const std::string& handle : handles) {
    const streamhost::Settled settled = run.sink->commit(9, handle);
    EXPECT_FALSE(settled.done);
    EXPECT_NE(settled.again_us, INT64_MAX) << "nobody would wake it";
  }
  EXPECT_EQ(cluster.values(), Strings());
  for (const std::string& handle : handles) run.commit(9, handle);
  EXPECT_EQ(cluster.values(), (Strings{"a", "b", "c"}));
  EXPECT_EQ(cluster.markers(), (Strings{"id-1", "id-0", "id-2"}));
  // Then it goes on, and its id is known to the store.
  run.open();
  run.write(numbered(0, 1));
  EXPECT_TRUE(read(run.prepare(10)).sent);
}

TEST(KafkaExactlyOnce, AnIdThatNoHandleNamesIsNotUsedAtOnce) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  // The option was changed since.
  run.settle(9, {made_handle(handle_of("former", 0, 1, 0, false), {"a"})});
  EXPECT_EQ(cluster.values(), (Strings{"a"}));
  run.open();
  run.write(numbered(0, 1));
  const std::string handle = run.prepare(10);
  EXPECT_FALSE(read(handle).sent);
  EXPECT_EQ(read(handle).marker_offset, 1) << "behind the marker of the former";
  run.commit(10, handle);
  EXPECT_EQ(cluster.values(), (Strings{"a", "0"}));
  EXPECT_EQ(cluster.markers(), (Strings{"former-0", "id-0"}));
}

TEST(KafkaExactlyOnce, AHandleOfASinkThatWroteAtLeastOnceIsDone) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.make();
  EXPECT_TRUE(run.sink->commit(3, "").done);
}

TEST(KafkaExactlyOnce, AnEpochThatNeverBecameDurableIsNotProducedAgain) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.make();
  run.sink->abort(made_handle(handle_of("id", 1, 2, 0, false), {"never"}));
  run.settle(3, {encode_handle(handle_of("id", 0, 2, -1, true), EpochOutput("t"))});
  EXPECT_EQ(cluster.values(), Strings());
  EXPECT_EQ(cluster.markers(), Strings());
}

TEST(KafkaExactlyOnce, BrokersThatAreAwayAreWaitedForWhenAnEpochIsSettled) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.make();
  const std::string handle = made_handle(handle_of("id", 0, 1, 0, false), {"a"});
  cluster.all_brokers(false);
  EXPECT_FALSE(run.sink->commit(3, handle).done);
  EXPECT_FALSE(run.sink->commit(3, handle).done);
  ASSERT_TRUE(run.until([&] { return run.logged("no broker can be reached") != 0; }));
  EXPECT_FALSE(run.sink->commit(3, handle).done);
  cluster.all_brokers(true);
  run.commit(3, handle);
  EXPECT_EQ(cluster.values(), (Strings{"a"}));
}

TEST(KafkaExactlyOnce, SettlingCanBeGivenUp) {
  Cluster cluster;
  cluster.all_brokers(false);
  JobRun run(cluster.brokers());
  run.make();
  const std::string handle = made_handle(handle_of("id", 0, 1, 0, false), {"a"});
  EXPECT_FALSE(run.sink->commit(3, handle).done);
  EXPECT_FALSE(run.sink->commit(3, handle).done);
  const auto start = std::chrono::steady_clock::now();
  run.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
}

// --- Markers that are lost.

struct Lost {
  Lost() {
    run.make();
    cluster.produce("id-epochs", 0, {{"id-1", "x"}});  // made anew since
  }
  void choose(const std::string& choice) {
    run.sink.reset();
    run.host.options["on_lost_marker"] = {choice};
    run.make();
  }
  const std::string handle = made_handle(handle_of("id", 0, 1, 41, true), {"a", "b"});
  Cluster cluster;
  JobRun run{cluster.brokers()};
};

TEST(KafkaExactlyOnce, ALostMarkerFailsTheJob) {
  Lost lost;
  const std::string why = lost.run.failure([&] { lost.run.settle(5, {lost.handle}); }, SH_E_STATE);
  EXPECT_EQ(why,
            "whether epoch 5 of \"id-0\" was committed is not known any more: the topic "
            "\"id-epochs\" has nothing from offset 41 on; say on_lost_marker = \"produce\" to have "
            "it (perhaps) twice, or \"skip\" to have it (perhaps) never");
  EXPECT_EQ(lost.cluster.values(), Strings());
}

TEST(KafkaExactlyOnce, ALostMarkerMayHaveTheEpochProducedAgain) {
  Lost lost;
  lost.choose("produce");
  lost.run.settle(5, {lost.handle});
  EXPECT_EQ(lost.cluster.values(), (Strings{"a", "b"}));
  EXPECT_EQ(lost.run.logged("from offset 41 on; it is produced again"), 1u);
}

TEST(KafkaExactlyOnce, ALostMarkerMayHaveTheEpochSkipped) {
  Lost lost;
  lost.choose("skip");
  lost.run.settle(5, {lost.handle});
  EXPECT_EQ(lost.cluster.values(), Strings());
  EXPECT_EQ(lost.run.logged("from offset 41 on; it is skipped"), 1u);
}

TEST(KafkaExactlyOnce, AMarkerTopicThatEndsAtThePlaceOfAMarkerThatWasSentIsLost) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  const std::string handle = made_handle(handle_of("id", 0, 1, 0, true), {"a"});
  EXPECT_NE(run.failure([&] { run.settle(5, {handle}); }, SH_E_STATE), "");
}

// --- What must not be.

TEST(KafkaExactlyOnce, AHandleThatIsNoneIsRefused) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.make();
  for (const std::string& bad : {std::string("hello"), std::string("K1\xff\xff\xff\xff", 6)}) {
    EXPECT_EQ(run.failure([&] { run.sink->commit(1, bad); }, SH_E_STATE),
              "what the recovery store has of this sink was not written by it, or by a newer "
              "version");
  }
}

TEST(KafkaExactlyOnce, DamagedOutputIsNotProduced) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  std::string handle = made_handle(handle_of("id", 0, 1, 0, false), {"a", "b"});
  handle.resize(handle.size() - 1);
  EXPECT_EQ(run.failure([&] { run.settle(6, {handle}); }, SH_E_STATE),
            "the output of epoch 6 of \"id-0\", as the recovery store has it, is damaged");
  EXPECT_EQ(cluster.values(), Strings());
}

struct Failing {
  int16_t request;
  rd_kafka_resp_err_t code;
  std::string why;
  std::string name;
};
void PrintTo(const Failing& failing, std::ostream* to) { *to << failing.name; }

class KafkaExactlyOnceFails : public testing::TestWithParam<Failing> {};

TEST_P(KafkaExactlyOnceFails, ATransactionThatBrokersRefuseFailsTheJobWithTheReason) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.open();
  run.do_epoch(1, numbered(0, 1));
  cluster.refuse(GetParam().request, GetParam().code);
  const std::string why = run.failure([&] { run.do_epoch(2, numbered(1, 1)); });
  EXPECT_TRUE(has(why, GetParam().why)) << why;
}

TEST_P(KafkaExactlyOnceFails, TheSameInTheFirstEpoch) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.open();
  cluster.refuse(GetParam().request, GetParam().code);
  const std::string why = run.failure([&] { run.do_epoch(1, numbered(1, 1)); });
  EXPECT_TRUE(has(why, GetParam().why)) << why;
}

constexpr const char* kFencedAdvice =
    "; another run writes with the same transactional_id, or a transaction took longer than "
    "transaction_timeout";

INSTANTIATE_TEST_SUITE_P(
    ByBroker, KafkaExactlyOnceFails,
    testing::Values(
        Failing{kAddPartitionsRequest, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                "Transactional Id authorization failed", "AddPartitionsNotAllowed"},
        Failing{kEndTxnRequest, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                "Transactional Id authorization failed", "EndNotAllowed"},
        Failing{kAddPartitionsRequest, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
                "Topic authorization failed", "TopicNotAllowed"},
        Failing{kProduceRequest, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
                "Topic authorization failed", "ProduceNotAllowed"},
        Failing{kEndTxnRequest, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, kFencedAdvice,
                "EndOldEpoch"},
        Failing{kAddPartitionsRequest, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, kFencedAdvice,
                "AddPartitionsFenced"},
        Failing{kEndTxnRequest, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, kFencedAdvice, "EndFenced"}),
    [](const auto& one) { return one.param.name; });

TEST(KafkaExactlyOnce, AnIdThatMustNotBeUsedFailsTheJob) {
  Cluster cluster;
  cluster.refuse(kInitProducerIdRequest, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  JobRun run(cluster.brokers());
  run.open();
  const std::string why = run.failure([&] { run.prepare(1); });
  EXPECT_TRUE(has(why, "beginning to use the transactional id: ")) << why;
  EXPECT_TRUE(has(why, "Transactional Id authorization failed; grant this user Write")) << why;
}

TEST(KafkaExactlyOnce, ATransactionSurvivesThatBrokersAreAwayForAWhile) {
  Cluster cluster;
  JobRun run(cluster.brokers());
  run.open();
  run.do_epoch(1, numbered(0, 1));
  run.write(numbered(1, 2));
  const std::string handle = run.prepare(2);
  cluster.all_brokers(false);
  ASSERT_TRUE(run.until([&] { return run.logged("no broker can be reached") != 0; }));
  EXPECT_FALSE(run.sink->commit(2, handle).done);
  cluster.all_brokers(true);
  run.commit(2, handle);
  run.do_epoch(3, numbered(3, 1));
  EXPECT_EQ(cluster.values(), numbers(0, 4));
}

}  // namespace
}  // namespace kafka_plugin
