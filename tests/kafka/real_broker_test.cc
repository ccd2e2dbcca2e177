// The rig itself: what the other tests stand on.
#include "kafka/real_broker.h"

#include <gtest/gtest.h>

#include "kafka/feeder.h"
#include "kafka/shared_broker.h"

namespace streamhost::kafka_test {
namespace {

class TheBroker : public WithBroker {};

TEST_F(TheBroker, TheWitnessReadsWhatWasSent) {
  const std::string topic = new_topic(3);
  Feeder feeder(broker().brokers());
  Message message{"a key", std::string("\0~%\xff\t\n", 6), 2, 1'600'000'000'000, {}};
  message.headers = {{"one", "1"}, {"none", std::nullopt}, {"empty", ""}, {"one", "again"}};
  feeder.send(topic, message);
  feeder.send(topic, {"", std::nullopt, 2, 1'600'000'000'001, {}});
  feeder.send(topic, {std::nullopt, "", 0, 1'600'000'000'002, {}});
  feeder.flush();
  const std::vector<Row> rows = witness().read(topic);
  ASSERT_EQ(rows.size(), 3u);
  for (const Row& row : rows) {
    if (row.partition == 0) {
      EXPECT_EQ(row.key, std::nullopt);
      EXPECT_EQ(row.value, "");
      EXPECT_EQ(row.timestamp_ms, 1'600'000'000'002);
    } else if (row.offset == 0) {
      EXPECT_EQ(row.key, message.key);
      EXPECT_EQ(row.value, message.value);
      EXPECT_EQ(row.headers, message.headers);
    } else {
      EXPECT_EQ(row.key, "");
      EXPECT_EQ(row.value, std::nullopt);
    }
  }
  EXPECT_EQ(witness().ends(topic), (std::vector<int64_t>{1, 0, 2}));
}

TEST_F(TheBroker, TheWitnessSeesNoAbortedTransactionUnlessAskedTo) {
  const std::string topic = new_topic(1);
  Feeder feeder(broker().brokers(), {{"transactional.id", topic}});
  feeder.begin();
  feeder.send(topic, "k", "committed");
  feeder.commit();
  feeder.begin();
  feeder.send(topic, "k", "aborted");
  feeder.abort();
  ASSERT_EQ(witness().read(topic).size(), 1u);
  EXPECT_EQ(witness().read(topic)[0].value, "committed");
  EXPECT_EQ(witness().read(topic, Level::kUncommitted).size(), 2u);
  feeder.begin();
  feeder.send(topic, "k", "open");
  feeder.flush();
  EXPECT_EQ(witness().ends(topic)[0], 4);
  EXPECT_EQ(witness().ends(topic, Level::kUncommitted)[0], 5);
}

TEST_F(TheBroker, WhatTheWitnessCannotDoItSays) {
  try {
    witness().remove("there-is-no-such-topic");
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find("UnknownTopic"), std::string::npos) << e.what();
  }
}

TEST_F(TheBroker, ABrokerThatWasStoppedOrKilledHasWhatItHad) {
  const std::string topic = new_topic(2);
  Feeder feeder(broker().brokers());
  feeder.send(topic, "k", "1");
  feeder.flush();
  broker().stop();
  broker().start();
  EXPECT_EQ(witness().read(topic).size(), 1u);
  feeder.send(topic, "k", "2");
  feeder.flush();
  broker().kill();
  broker().start();
  feeder.send(topic, "k", "3");
  feeder.flush();
  std::string values;
  for (const Row& row : witness().read(topic)) values += row.value.value_or("");
  EXPECT_EQ(values, "123");
}

}  // namespace
}  // namespace streamhost::kafka_test
