// Puts records into topics, as librdkafka's own producer does.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streamhost::kafka_test {

using Properties = std::vector<std::pair<std::string, std::string>>;

struct Message {
  std::optional<std::string> key, value;  // none: null
  int partition = RD_KAFKA_PARTITION_UA;  // by the key
  int64_t timestamp_ms = 0;               // 0: now
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

// Idempotent, so that what is sent while a broker comes and goes is there once. All calls throw
// std::runtime_error. [one thread]
class Feeder {
 public:
  // `properties` of librdkafka; with a `transactional.id` the transactions work.
  explicit Feeder(const std::string& brokers, const Properties& properties = {});
  ~Feeder();
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

  void send(const std::string& topic, const Message& message);
  void send(const std::string& topic, const std::string& key, const std::string& value) {
    send(topic, {key, value, RD_KAFKA_PARTITION_UA, 0, {}});
  }
  // Until everything is on the broker, which must happen within two minutes.
  void flush();

  void begin();
  void commit();
  void abort();

 private:
  static void delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* self);

  rd_kafka_t* producer_ = nullptr;
  std::string failure_;  // of the first message that could not be delivered
};

}  // namespace streamhost::kafka_test
