// For tests: librdkafka's mock cluster, and a producer that fills it.
#pragma once

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "handles.h"

namespace kafka_plugin {

struct TestMessage {
  std::optional<std::string> key, value;
  std::vector<std::pair<std::string, std::string>> headers = {};
  int64_t timestamp_ms = 0;  // 0: now
};

class TestCluster {
 public:
  explicit TestCluster(int brokers = 1) : brokers_(brokers) {
    char why[512];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", why, sizeof(why));
    owner_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why)));
    mock_ = rd_kafka_mock_cluster_new(owner_.get(), brokers);
  }
  ~TestCluster() {
    producers_.clear();
    rd_kafka_mock_cluster_destroy(mock_);
  }
  TestCluster(const TestCluster&) = delete;
  TestCluster& operator=(const TestCluster&) = delete;

  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(mock_); }
  rd_kafka_mock_cluster_t* mock() const { return mock_; }

  void create(const std::string& topic, int partitions) {
    ASSERT_EQ(rd_kafka_mock_topic_create(mock_, topic.c_str(), partitions, brokers_),
              RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void set_topic_error(const std::string& topic, rd_kafka_resp_err_t error) {
    rd_kafka_mock_topic_set_error(mock_, topic.c_str(), error);
  }
  void all_brokers(bool up) {
    for (int b = 1; b <= brokers_; ++b) {
      if (up) {
        rd_kafka_mock_broker_set_up(mock_, b);
      } else {
        rd_kafka_mock_broker_set_down(mock_, b);
      }
    }
  }

  // Writes messages and waits until the cluster has them.
  void produce(const std::string& topic, int32_t partition,
               const std::vector<TestMessage>& messages, const std::string& compression = "none") {
    rd_kafka_t* producer = producer_of(compression);
    for (const TestMessage& m : messages) {
      rd_kafka_headers_t* headers = rd_kafka_headers_new(m.headers.size());
      for (const auto& [name, value] : m.headers) {
        rd_kafka_header_add(headers, name.c_str(), -1, value.data(),
                            static_cast<ssize_t>(value.size()));
      }
      const auto part = [](const std::optional<std::string>& text) {
        return text ? const_cast<char*>(text->data()) : nullptr;
      };
      const rd_kafka_resp_err_t error = rd_kafka_producev(
          producer, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
          RD_KAFKA_V_KEY(part(m.key), (m.key ? m.key->size() : 0)),
          RD_KAFKA_V_VALUE(part(m.value), (m.value ? m.value->size() : 0)),
          RD_KAFKA_V_TIMESTAMP(m.timestamp_ms), RD_KAFKA_V_HEADERS(headers),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
      ASSERT_EQ(error, RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_err2str(error);
    }
    ASSERT_EQ(rd_kafka_flush(producer, 20'000), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  // Values "first", "first + 1", … without keys.
  void produce_numbers(const std::string& topic, int32_t partition, int first, int count,
                       const std::string& compression = "none") {
    std::vector<TestMessage> messages;
    for (int i = 0; i < count; ++i) messages.push_back({{}, std::to_string(first + i)});
    produce(topic, partition, messages, compression);
  }

 private:
  rd_kafka_t* producer_of(const std::string& compression) {
    ClientHandle& producer = producers_[compression];
    if (!producer) {
      char why[512];
      rd_kafka_conf_t* conf = rd_kafka_conf_new();
      const std::map<std::string, std::string> properties = {
          {"bootstrap.servers", brokers()},
          {"linger.ms", "1"},
          {"compression.codec", compression},
          {"message.max.bytes", "20000000"},
          {"log_level", "0"},
          {"topic.metadata.refresh.interval.ms", "200"},
          {"enable.idempotence", "true"}};
      for (const auto& [name, value] : properties) {
        EXPECT_EQ(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof(why)),
                  RD_KAFKA_CONF_OK)
            << why;
      }
      rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t*, int, const char*, void*) {});
      producer.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why)));
    }
    return producer.get();
  }

  const int brokers_;
  ClientHandle owner_;
  rd_kafka_mock_cluster_t* mock_ = nullptr;
  std::map<std::string, ClientHandle> producers_;  // by compression
};

}  // namespace kafka_plugin
