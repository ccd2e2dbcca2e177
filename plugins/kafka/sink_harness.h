// For tests: runs kafka.sink as the engine's worker would, on the thread of the test, and reads
// what has come to the cluster.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/test_host.h"
#include "sink.h"
#include "test_cluster.h"

namespace kafka_plugin {

using Headers = std::vector<std::pair<std::string, std::string>>;

// A record to be written, with bytes of its own.
struct GivenRecord {
  std::optional<std::string> key, value;
  Headers headers = {};
  int64_t event_time_us = SH_NO_TIME;
};

// A message as a reader of the topic finds it.
struct ReadMessage {
  std::optional<std::string> key, value;
  Headers headers = {};
  int64_t timestamp_ms = 0;
};

// Requests of the Kafka protocol, for rd_kafka_mock_push_request_errors().
constexpr int16_t kProduceRequest = 0;
constexpr int16_t kInitProducerIdRequest = 22;
constexpr int16_t kAddPartitionsRequest = 24;
constexpr int16_t kEndTxnRequest = 26;

// The number of records "first", "first + 1", … with keys "k".
inline std::vector<GivenRecord> numbered(int first, int count) {
  std::vector<GivenRecord> records;
  for (int i = 0; i < count; ++i) records.push_back({"k", std::to_string(first + i)});
  return records;
}

// All that a topic has, committed or not: the mock cluster knows no isolation.
class TopicReader {
 public:
  explicit TopicReader(const std::string& brokers) {
    char why[512];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [name, value] :
         std::map<std::string, std::string>{{"bootstrap.servers", brokers},
                                            {"log_level", "0"},
                                            {"fetch.wait.max.ms", "10"},
                                            {"receive.message.max.bytes", "100000000"},
                                            {"reconnect.backoff.ms", "10"},
                                            {"reconnect.backoff.max.ms", "50"},
                                            {"isolation.level", "read_uncommitted"}}) {
      EXPECT_EQ(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof(why)),
                RD_KAFKA_CONF_OK)
          << why;
    }
    rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t*, int, const char*, void*) {});
    client_.reset(rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why)));
  }

  std::vector<ReadMessage> messages(const std::string& name, int32_t partition = 0) {
    int64_t low = 0, high = 0;
    const rd_kafka_resp_err_t code =
        rd_kafka_query_watermark_offsets(client_.get(), name.c_str(), partition, &low, &high, 9000);
    EXPECT_EQ(code, RD_KAFKA_RESP_ERR_NO_ERROR) << name << ": " << error_text(code);
    std::vector<ReadMessage> found;
    if (high <= low) return found;
    const TopicHandle topic(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
    EXPECT_EQ(rd_kafka_consume_start(topic.get(), partition, low), 0);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (int64_t next = low; next < high && std::chrono::steady_clock::now() < until;) {
      const MessageHandle message(rd_kafka_consume(topic.get(), partition, 1000));
      if (!message || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      next = message->offset + 1;
      found.push_back(copy_of(*message));
    }
    rd_kafka_consume_stop(topic.get(), partition);
    EXPECT_EQ(found.size(), static_cast<size_t>(high - low));
    return found;
  }
  std::vector<std::string> values(const std::string& name, int32_t partition = 0) {
    std::vector<std::string> all;
    for (const ReadMessage& m : messages(name, partition)) {
      all.push_back(m.value.value_or("(none)"));
    }
    return all;
  }
  std::vector<std::string> keys(const std::string& name, int32_t partition = 0) {
    std::vector<std::string> all;
    for (const ReadMessage& m : messages(name, partition)) all.push_back(m.key.value_or("(none)"));
    return all;
  }

 private:
  static ReadMessage copy_of(const rd_kafka_message_t& m) {
    ReadMessage copy;
    const auto text = [](const void* bytes, size_t size) {
      return std::string(static_cast<const char*>(bytes), size);
    };
    if (m.key != nullptr) copy.key = text(m.key, m.key_len);
    if (m.payload != nullptr) copy.value = text(m.payload, m.len);
    copy.timestamp_ms = rd_kafka_message_timestamp(&m, nullptr);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const char* name = nullptr;
      const void* value = nullptr;
      size_t size = 0;
      for (size_t i = 0;
           rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
           ++i) {
        copy.headers.emplace_back(name, text(value, size));
      }
    }
    return copy;
  }
  ClientHandle client_;
};

class SinkRun {
 public:
  explicit SinkRun(const std::string& brokers) {
    auto& o = host.options;
    o["brokers"] = {brokers};
    o["topic"] = {"t"};
    // Durations and sizes as the host gives them.
    o["transaction_timeout"] = {"60000000"};
    o["epoch_bytes"] = {"33554432"};
    o["delivery_timeout"] = {"300000000"};
    o["buffer"] = {"67108864"};
    o["linger"] = {"1000"};
    // Short waits, so that tests need not wait long.
    o.entries("properties") = {{"topic.metadata.refresh.interval.ms", "200"},
                               {"reconnect.backoff.ms", "10"},
                               {"reconnect.backoff.max.ms", "50"},
                               {"retry.backoff.ms", "10"}};
    static streamhost::Component component = kafka_sink();
    static const sh_component* const raw = component.finish();
    o.add_defaults(raw->options, raw->option_count);
  }
  ~SinkRun() { stop(); }

  std::string& property(const std::string& name) {
    return host.options.entries("properties")[name];
  }
  void make() {
    if (!sink) sink = std::make_unique<KafkaSink>(host.context(), host.config());
  }
  void open() {
    make();
    part = sink->open("", std::nullopt);
  }
  // As a process that ends, however it does.
  void stop() {
    part.reset();
    sink.reset();
  }

  // Offers the records once; how many were taken.
  streamhost::Written offer(const std::vector<GivenRecord>& records, size_t from = 0) {
    std::vector<sh_record> raw;
    std::vector<std::vector<sh_header>> headers;
    headers.reserve(records.size());
    for (size_t i = from; i < records.size(); ++i) {
      const GivenRecord& r = records[i];
      sh_record one{};
      one.key_len = one.value_len = SH_ABSENT;
      one.event_time_us = r.event_time_us;
      if (r.key) set(*r.key, one.key, one.key_len);
      if (r.value) set(*r.value, one.value, one.value_len);
      auto& h = headers.emplace_back();
      for (const auto& [name, value] : r.headers) {
        h.push_back({streamhost::to_bytes(name), streamhost::to_bytes(value)});
      }
      one.headers = h.data();
      one.header_count = static_cast<uint32_t>(h.size());
      raw.push_back(one);
    }
    sh_batch batch{};
    batch.struct_size = sizeof batch;
    batch.count = static_cast<uint32_t>(raw.size());
    batch.records = raw.data();
    return part->write(streamhost::Batch(batch));
  }
  // Writes all, as far as there is room at a time; how often there was no room for all.
  int write(const std::vector<GivenRecord>& records) {
    size_t taken = 0;
    int partly = 0;
    EXPECT_TRUE(until_settled([&]() -> streamhost::Settled {
      const streamhost::Written written = offer(records, taken);
      taken += written.records;
      if (taken == records.size()) return {};
      ++partly;
      return {false, written.again_us};
    })) << "only "
        << taken << " records were taken";
    return partly;
  }
  streamhost::Settled try_prepare(uint64_t epoch) {
    host.written.clear();
    streamhost::Writer writer = host.writer();
    return part->prepare(epoch, writer);
  }
  // The handle.
  std::string prepare(uint64_t epoch) {
    EXPECT_TRUE(until_settled([&] { return try_prepare(epoch); })) << "prepare() has no end";
    return host.written;
  }
  void commit(uint64_t epoch, const std::string& handle) {
    EXPECT_TRUE(until_settled([&] { return sink->commit(epoch, handle); })) << "commit has no end";
  }
  // What an epoch needs, from its first record to its last step.
  std::string do_epoch(uint64_t epoch, const std::vector<GivenRecord>& records) {
    write(records);
    std::string handle = prepare(epoch);
    commit(epoch, handle);
    return handle;
  }

  // Calls again when that was asked for, or the worker was woken; false when that takes too long.
  bool until_settled(const std::function<streamhost::Settled()>& call,
                     std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    const auto until = std::chrono::steady_clock::now() + limit;
    for (;;) {
      const int wakes = host.wakes;
      const streamhost::Settled settled = call();
      if (settled.done) return true;
      while (host.wakes == wakes && host.context().now_us() < settled.again_us) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
      if (std::chrono::steady_clock::now() > until) return false;
    }
  }
  // Serves the part, as the engine does between batches, until something is so.
  bool until(const std::function<bool()>& is_so,
             std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!is_so()) {
      if (std::chrono::steady_clock::now() > end) return false;
      if (part) part->flush();
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    return true;
  }
  // What a call throws; empty when it throws nothing.
  std::string failure(const std::function<void()>& call, sh_status status = SH_E_UNAVAILABLE) {
    try {
      call();
    } catch (const streamhost::Error& e) {
      EXPECT_EQ(e.status(), status) << e.what();
      return e.what();
    }
    return "";
  }
  // What is wrong with the options; empty when nothing is.
  std::string mistake() {
    sink.reset();
    return failure([&] { make(); }, SH_E_CONFIG);
  }
  size_t logged(const std::string& text) {
    size_t n = 0;
    for (const std::string& line : host.logged()) n += line.find(text) != std::string::npos;
    return n;
  }

  plugin_common::TestHost host;
  std::unique_ptr<KafkaSink> sink;
  std::unique_ptr<SinkPart> part;

 private:
  static void set(const std::string& text, const uint8_t*& ptr, uint32_t& len) {
    ptr = streamhost::to_bytes(text).ptr;
    len = static_cast<uint32_t>(text.size());
  }
};

}  // namespace kafka_plugin
