#include <digits.h>
#include <librdkafka/rdkafka.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

#include "loops.h"
#include "output.h"

namespace bench {
namespace {

constexpr int kLimitMs = 60'000;

using Client = std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)>;

using Properties = std::vector<std::pair<const char*, std::string>>;

Client make(rd_kafka_type_t type, const Properties& properties,
            void (*delivered)(rd_kafka_t*, const rd_kafka_message_t*, void*), void* opaque) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  char error[512];
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      throw std::runtime_error(error);
    }
  }
  if (delivered != nullptr) rd_kafka_conf_set_dr_msg_cb(conf, delivered);
  rd_kafka_conf_set_opaque(conf, opaque);
  Client client(rd_kafka_new(type, conf, error, sizeof error), rd_kafka_destroy);
  if (!client) {
    rd_kafka_conf_destroy(conf);
    throw std::runtime_error(error);
  }
  return client;
}

struct Deliveries {
  uint64_t done = 0;
  rd_kafka_resp_err_t failure = RD_KAFKA_RESP_ERR_NO_ERROR;

  static void note(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
    auto& deliveries = *static_cast<Deliveries*>(self);
    ++deliveries.done;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) deliveries.failure = message->err;
  }
};

}  // namespace

void kafka_consume(const std::string& brokers, const std::string& name, uint64_t records,
                   const std::string& output) {
  const Client client = make(RD_KAFKA_CONSUMER,
                             {{"bootstrap.servers", brokers},
                              {"group.id", "bench"},
                              {"enable.auto.commit", "false"},
                              {"auto.offset.reset", "error"}},
                             nullptr, nullptr);
  const std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)> topic(
      rd_kafka_topic_new(client.get(), name.c_str(), nullptr), rd_kafka_topic_destroy);
  const struct rd_kafka_metadata* metadata = nullptr;
  if (rd_kafka_metadata(client.get(), 0, topic.get(), &metadata, kLimitMs) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw std::runtime_error(brokers + ": does not answer");
  }
  const int partitions = metadata->topics[0].partition_cnt;
  rd_kafka_metadata_destroy(metadata);
  const std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)> queue(
      rd_kafka_queue_new(client.get()), rd_kafka_queue_destroy);
  for (int p = 0; p < partitions; ++p) {
    rd_kafka_consume_start_queue(topic.get(), p, RD_KAFKA_OFFSET_BEGINNING, queue.get());
  }
  std::vector<rd_kafka_message_t*> batch(1000);
  uint64_t came = 0, bytes = 0;
  while (came < records) {
    const ssize_t got =
        rd_kafka_consume_batch_queue(queue.get(), kLimitMs, batch.data(), batch.size());
    if (got <= 0) throw std::runtime_error(name + ": records are missing");
    for (ssize_t i = 0; i < got; ++i) {
      rd_kafka_message_t* const message = batch[static_cast<size_t>(i)];
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw std::runtime_error(rd_kafka_err2str(message->err));
      }
      bytes += message->len;
      rd_kafka_message_destroy(message);
    }
    came += static_cast<uint64_t>(got);
  }
  for (int p = 0; p < partitions; ++p) rd_kafka_consume_stop(topic.get(), p);
  Output out(output);
  out.number(came).text(" ").number(bytes).text("\n");
  out.close();
}

void kafka_produce(const std::string& brokers, const std::string& name, uint64_t records,
                   uint64_t size, const std::string& output) {
  Deliveries deliveries;
  const Client client = make(RD_KAFKA_PRODUCER,
                             {{"bootstrap.servers", brokers},
                              {"enable.idempotence", "true"},
                              {"linger.ms", "5"},
                              {"partitioner", "murmur2_random"},
                              {"queue.buffering.max.messages", "1000000"},
                              {"queue.buffering.max.kbytes", "65536"}},
                             Deliveries::note, &deliveries);
  const std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)> topic(
      rd_kafka_topic_new(client.get(), name.c_str(), nullptr), rd_kafka_topic_destroy);
  streamhost::demo::Counter counter(0);
  std::vector<char> value(size, '0');
  for (uint64_t i = 0; i < records; ++i) {
    std::memcpy(value.data() + size - streamhost::demo::Counter::kDigits, counter.text(),
                streamhost::demo::Counter::kDigits);
    counter.add(1);
    while (rd_kafka_produce(topic.get(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value.data(),
                            size, nullptr, 0, nullptr) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        throw std::runtime_error(rd_kafka_err2str(rd_kafka_last_error()));
      }
      rd_kafka_poll(client.get(), 10);
    }
    if (i % 1000 == 0) rd_kafka_poll(client.get(), 0);
  }
  rd_kafka_flush(client.get(), kLimitMs);
  if (deliveries.done != records || deliveries.failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw std::runtime_error(name + ": " + std::to_string(deliveries.done) + " delivery reports, " +
                             rd_kafka_err2str(deliveries.failure));
  }
  Output out(output);
  out.number(records).text(" ").number(records * size).text("\n");
  out.close();
}

}  // namespace bench
