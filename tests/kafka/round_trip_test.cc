// What goes in comes out: from a topic through a job to another topic.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "kafka/feeder.h"
#include "kafka/job.h"
#include "kafka/shared_broker.h"

namespace streamhost::kafka_test {
namespace {

using testing::RunResult;

class RoundTrip : public WithBroker {
 protected:
  static std::string brokers() { return broker().brokers(); }
  // From one to the other and nothing else; ends at the end of `in`.
  static std::string copy(const std::string& in, const std::string& out,
                          const std::string& source = "", const std::string& sink = "") {
    return kafka_source(brokers(), in, "tail = false\n" + source) +
           kafka_sink("in", brokers(), out, sink);
  }
};

// A record without where it lies.
std::string content(const Row& row) {
  std::string text = std::to_string(row.timestamp_ms) + " " + row.key.value_or("(null)") + " " +
                     row.value.value_or("(null)");
  for (const auto& [name, value] : row.headers) {
    text += " " + name + "=" + value.value_or("(null)");
  }
  return text;
}

std::multiset<std::string> contents(const std::vector<Row>& rows) {
  std::multiset<std::string> all;
  for (const Row& row : rows) all.insert(content(row));
  return all;
}

std::vector<std::string> values(const std::vector<Row>& rows) {
  std::vector<std::string> all;
  for (const Row& row : rows) all.push_back(row.value.value_or("(null)"));
  return all;
}

TEST_F(RoundTrip, KeepsKeysValuesTimesHeadersAndTombstones) {
  for (const int workers : {1, 3}) {
    for (const std::string delivery : {"at_least_once", "exactly_once"}) {
      const std::string in = new_topic(3), out = new_topic(2);
      Feeder feeder(brokers());
      const std::string bytes("\0\xff\n\t%~ \x80", 8);
      for (int i = 0; i < 30; ++i) {
        Message message{"key " + std::to_string(i),
                        "value " + std::to_string(i),
                        i % 3,
                        1'600'000'000'000 + i,
                        {}};
        if (i % 5 == 1) message.value = std::nullopt;
        if (i % 5 == 2) message.value = "";
        if (i % 5 == 3) message.value = bytes;
        if (i % 7 == 1) message.key = std::nullopt;
        if (i % 7 == 2) message.key = "";
        if (i % 2 == 1) message.headers = {{"one", "1"}, {"empty", ""}, {"one", bytes}};
        feeder.send(in, message);
      }
      feeder.flush();
      const Job job(copy(in, out, "",
                         "delivery = \"" + delivery + "\"\ntransactional_id = \"" + out + "\"\n"),
                    workers);
      const RunResult result = job.run();
      ASSERT_EQ(result.status, 0) << result.err;
      EXPECT_EQ(contents(witness().read(out)), contents(witness().read(in)))
          << workers << " workers, " << delivery;
    }
  }
}

TEST_F(RoundTrip, AHeaderWithoutAValueComesOut) {
  const std::string in = new_topic(1), out = new_topic(1);
  Feeder feeder(brokers());
  Message message{"k", "v", 0, 0, {}};
  message.headers = {{"none", std::nullopt}};
  feeder.send(in, message);
  feeder.flush();
  const RunResult result = Job(copy(in, out)).run();
  ASSERT_EQ(result.status, 0) << result.err;
  const std::vector<Row> rows = witness().read(out);
  ASSERT_EQ(rows.size(), 1u);
  ASSERT_EQ(rows[0].headers.size(), 1u);
  EXPECT_EQ(rows[0].headers[0].first, "none");
  EXPECT_EQ(rows[0].headers[0].second.value_or(""), "");
}

TEST_F(RoundTrip, TellsWhereARecordComesFrom) {
  const std::string in = new_topic(3), out = new_topic(1);
  Feeder feeder(brokers());
  feeder.send(in, {"k", "first", 2, 0, {}});
  feeder.send(in, {"k", "second", 2, 0, {}});
  feeder.flush();
  const RunResult result =
      Job(copy(in, out, "headers = [\"topic\", \"partition\", \"offset\"]\n")).run();
  ASSERT_EQ(result.status, 0) << result.err;
  const std::vector<Row> rows = witness().read(out);
  ASSERT_EQ(rows.size(), 2u);
  for (const Row& row : rows) {
    const std::map<std::string, std::optional<std::string>> headers(row.headers.begin(),
                                                                    row.headers.end());
    EXPECT_EQ(headers.at("kafka.topic"), in);
    EXPECT_EQ(headers.at("kafka.partition"), "2");
    EXPECT_EQ(headers.at("kafka.offset"), row.value == "first" ? "0" : "1");
  }
}

TEST_F(RoundTrip, MessagesMayBeAsLargeAsTheTopicsLimit) {
  const int limit = 5'000'000;
  const std::vector<std::string> large = {"max.message.bytes=" + std::to_string(limit)};
  const std::string in = new_topic(2, large), out = new_topic(2, large);
  Feeder feeder(brokers(), {{"message.max.bytes", std::to_string(limit)}});
  std::multiset<size_t> sizes;
  for (const int size : {1, 1'000, 999'000, 1'000'000, 2'500'000, limit - 200}) {
    sizes.insert(static_cast<size_t>(size));
    feeder.send(in, "k" + std::to_string(size), std::string(static_cast<size_t>(size), 'x'));
  }
  feeder.flush();
  for (const std::string delivery : {"at_least_once", "exactly_once"}) {
    const std::string to = new_topic(2, large);
    const Job job(copy(in, to, "",
                       properties({"message.max.bytes=" + std::to_string(limit)}) +
                           "delivery = \"" + delivery + "\"\ntransactional_id = \"" + to + "\"\n"));
    const RunResult result = job.run();
    ASSERT_EQ(result.status, 0) << result.err;
    std::multiset<size_t> come;
    for (const Row& row : witness().read(to)) come.insert(row.value->size());
    EXPECT_EQ(come, sizes) << delivery;
  }
  // One that is larger than the client lets pass is a bad record, and said to be.
  const RunResult refused = Job(copy(in, out)).run();
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.err.find("message.max.bytes"), std::string::npos) << refused.err;
}

TEST_F(RoundTrip, AMessageThatTheTopicDoesNotTakeFailsTheJobWithItsReason) {
  const std::string in = new_topic(1), out = new_topic(1, {"max.message.bytes=2000"});
  Feeder feeder(brokers());
  feeder.send(in, "k", std::string(5'000, 'x'));
  feeder.flush();
  for (const std::string delivery : {"at_least_once", "exactly_once"}) {
    const Job job(
        copy(in, out, "", "delivery = \"" + delivery + "\"\ntransactional_id = \"" + out + "\"\n"));
    const RunResult result = job.run();
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find(out), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("too large"), std::string::npos) << result.err;
    EXPECT_TRUE(witness().read(out).empty());
  }
}

TEST_F(RoundTrip, EveryCompressionIsUnderstoodAndMade) {
  for (const std::string codec : {"none", "gzip", "snappy", "lz4", "zstd"}) {
    const std::string in = new_topic(2), out = new_topic(2);
    Feeder feeder(brokers(), {{"compression.type", codec}, {"linger.ms", "20"}});
    for (int i = 0; i < 300; ++i) {
      feeder.send(in, "k" + std::to_string(i), std::string(300, static_cast<char>('a' + i % 26)));
    }
    feeder.flush();
    const RunResult result = Job(copy(in, out, "", "compression = \"" + codec + "\"\n")).run();
    ASSERT_EQ(result.status, 0) << codec << ": " << result.err;
    EXPECT_EQ(contents(witness().read(out)), contents(witness().read(in))) << codec;
  }
}

TEST_F(RoundTrip, KeysFindThePartitionThatJavaClientsPutThemIn) {
  const std::string in = new_topic(1), out = new_topic(7);
  Feeder feeder(brokers());
  std::vector<std::string> keys;
  for (int i = 0; i < 100; ++i) {
    keys.push_back(std::string(static_cast<size_t>(i % 9), 'z') + std::to_string(i * 7919));
    feeder.send(in, keys.back(), "v");
  }
  feeder.flush();
  const RunResult result = Job(copy(in, out)).run();
  ASSERT_EQ(result.status, 0) << result.err;
  const std::vector<Row> rows = witness().read(out);
  ASSERT_EQ(rows.size(), keys.size());
  const std::vector<int> places = witness().partitions_of(keys, 7);
  for (const Row& row : rows) {
    const auto at = std::find(keys.begin(), keys.end(), *row.key) - keys.begin();
    EXPECT_EQ(row.partition, places[static_cast<size_t>(at)]) << *row.key;
  }
}

TEST_F(RoundTrip, OnlyWhatIsCommittedIsReadAndTheJobEndsBehindIt) {
  const std::string in = new_topic(1), out = new_topic(1);
  Feeder feeder(brokers(), {{"transactional.id", in}});
  for (int i = 0; i < 6; ++i) {
    feeder.begin();
    feeder.send(in, "k", (i % 2 == 0 ? "good " : "aborted ") + std::to_string(i));
    // The last thing in the topic is the mark of an aborted transaction.
    i % 2 == 0 ? feeder.commit() : feeder.abort();
  }
  const Job job(copy(in, out));
  const RunResult result = job.run();
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(values(witness().read(out)), (std::vector<std::string>{"good 0", "good 2", "good 4"}));
  // And it goes on from there.
  feeder.begin();
  feeder.send(in, "k", "good 6");
  feeder.commit();
  const RunResult again = job.run();
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(values(witness().read(out)),
            (std::vector<std::string>{"good 0", "good 2", "good 4", "good 6"}));
}

TEST_F(RoundTrip, NothingBehindAnOpenTransactionIsRead) {
  const std::string in = new_topic(1), out = new_topic(1);
  Feeder committed(brokers()), open(brokers(), {{"transactional.id", in}});
  committed.send(in, "k", "before");
  committed.flush();
  open.begin();
  open.send(in, "k", "undecided");
  open.flush();
  committed.send(in, "k", "behind");
  committed.flush();
  const Job job(kafka_source(brokers(), in) + kafka_sink("in", brokers(), out));
  const auto child = job.start();
  ASSERT_TRUE(eventually([&] { return witness().ends(out)[0] == 1; })) << child->err();
  open.commit();
  EXPECT_TRUE(eventually([&] { return witness().ends(out)[0] == 3; })) << child->err();
  child->signal(SIGTERM);
  EXPECT_EQ(child->wait().status, 0);
  EXPECT_EQ(values(witness().read(out)),
            (std::vector<std::string>{"before", "undecided", "behind"}));
}

TEST_F(RoundTrip, BeginsWhereItIsToldTo) {
  const std::string in = new_topic(1);
  Feeder feeder(brokers());
  for (int i = 0; i < 5; ++i) {
    feeder.send(in, {"k", std::to_string(i), 0, 1'700'000'000'000 + i * 1000, {}});
  }
  feeder.flush();
  const auto read = [&](const std::string& start) {
    const std::string out = new_topic(1);
    const RunResult result = Job(copy(in, out, "start = \"" + start + "\"\n")).run();
    EXPECT_EQ(result.status, 0) << result.err;
    std::string all;
    for (const std::string& value : values(witness().read(out))) all += value;
    return all;
  };
  EXPECT_EQ(read("earliest"), "01234");
  EXPECT_EQ(read("latest"), "");
  EXPECT_EQ(read("2023-11-14T22:13:22Z"), "234");
  EXPECT_EQ(read("2023-11-14T22:13:22.5Z"), "34");
}

TEST_F(RoundTrip, TheGroupSeesWhatIsCommittedAndCanBeGoneOnFrom) {
  const std::string in = new_topic(2), out = new_topic(1);
  Feeder feeder(brokers());
  for (int i = 0; i < 10; ++i) feeder.send(in, {"k", std::to_string(i), i % 2, 0, {}});
  feeder.flush();
  const std::string group = "group = \"" + in + "\"\n";
  const RunResult result = Job(copy(in, out, group)).run();
  ASSERT_EQ(result.status, 0) << result.err;
  const std::map<std::string, int64_t> want = {{in + " 0", 5}, {in + " 1", 5}};
  EXPECT_TRUE(eventually([&] { return witness().group(in) == want; }));
  // Another job, without the snapshots of the first.
  feeder.send(in, {"k", "more", 1, 0, {}});
  feeder.flush();
  const std::string rest = new_topic(1);
  const RunResult stored = Job(copy(in, rest, group + "start = \"stored\"\n")).run();
  ASSERT_EQ(stored.status, 0) << stored.err;
  EXPECT_EQ(values(witness().read(rest)), std::vector<std::string>{"more"});
}

TEST_F(RoundTrip, RecordsMayNameTheirTopicAndPartition) {
  const std::string in = new_topic(1), one = new_topic(2), two = new_topic(2);
  Feeder feeder(brokers());
  Message message{"k", "v", 0, 0, {}};
  feeder.send(in, message);
  message.headers = {{"to", two}, {"part", "1"}, {"kept", "yes"}};
  feeder.send(in, message);
  feeder.flush();
  const RunResult result =
      Job(copy(in, one, "", "topic_header = \"to\"\npartition_header = \"part\"\n")).run();
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(witness().read(one).size(), 1u);
  const std::vector<Row> rows = witness().read(two);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].partition, 1);
  ASSERT_EQ(rows[0].headers.size(), 1u);
  EXPECT_EQ(rows[0].headers[0].first, "kept");
}

TEST_F(RoundTrip, TopicsAreFoundByAPattern) {
  const std::string first = new_topic(1), second = new_topic(1), out = new_topic(1);
  Feeder feeder(brokers());
  feeder.send(first, "k", "first");
  feeder.send(second, "k", "second");
  feeder.flush();
  const RunResult result = Job(copy("^TopicsAreFoundByAPattern-[0-9]*$", out)).run();
  ASSERT_EQ(result.status, 0) << result.err;
  const auto come = contents(witness().read(out));
  EXPECT_EQ(come.size(), 2u);
}

}  // namespace
}  // namespace streamhost::kafka_test
