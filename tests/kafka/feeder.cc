#include "kafka/feeder.h"

#include <memory>
#include <stdexcept>

namespace streamhost::kafka_test {
namespace {

constexpr int kLimitMs = 120'000;

void must(rd_kafka_error_t* error) {
  if (error == nullptr) return;
  const std::string text = rd_kafka_error_string(error);
  rd_kafka_error_destroy(error);
  throw std::runtime_error(text);
}

// An empty text is not null.
void* bytes_of(const std::optional<std::string>& text) {
  return text ? const_cast<char*>(text->data()) : nullptr;
}
size_t size_of(const std::optional<std::string>& text) { return text ? text->size() : 0; }

}  // namespace

Feeder::Feeder(const std::string& brokers, const Properties& properties) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char error[512];
  const auto set = [&](const std::string& name, const std::string& value) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) !=
        RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      throw std::runtime_error(error);
    }
  };
  set("bootstrap.servers", brokers);
  set("enable.idempotence", "true");
  set("linger.ms", "1");
  set("reconnect.backoff.max.ms", "200");
  set("log_level", "0");
  bool transactional = false;
  for (const auto& [name, value] : properties) {
    set(name, value);
    transactional |= name == "transactional.id";
  }
  rd_kafka_conf_set_opaque(conf, this);
  rd_kafka_conf_set_dr_msg_cb(conf, &Feeder::delivered);
  producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (producer_ == nullptr) {
    rd_kafka_conf_destroy(conf);
    throw std::runtime_error(error);
  }
  if (transactional) must(rd_kafka_init_transactions(producer_, kLimitMs));
}

Feeder::~Feeder() {
  if (producer_ != nullptr) rd_kafka_destroy(producer_);
}

void Feeder::delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
  auto* feeder = static_cast<Feeder*>(self);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && feeder->failure_.empty()) {
    feeder->failure_ = rd_kafka_err2str(message->err);
  }
}

void Feeder::send(const std::string& topic, const Message& message) {
  rd_kafka_headers_t* headers = nullptr;
  if (!message.headers.empty()) {
    headers = rd_kafka_headers_new(message.headers.size());
    for (const auto& [name, value] : message.headers) {
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), bytes_of(value),
                          static_cast<ssize_t>(size_of(value)));
    }
  }
  void *const key = bytes_of(message.key), *const value = bytes_of(message.value);
  const size_t key_size = size_of(message.key), value_size = size_of(message.value);
  while (true) {
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        producer_, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(message.partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_size),
        RD_KAFKA_V_VALUE(value, value_size), RD_KAFKA_V_TIMESTAMP(message.timestamp_ms),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      if (headers != nullptr) rd_kafka_headers_destroy(headers);
      throw std::runtime_error("cannot send to " + topic + ": " + rd_kafka_err2str(error));
    }
    rd_kafka_poll(producer_, 100);
  }
  rd_kafka_poll(producer_, 0);
}

void Feeder::flush() {
  const rd_kafka_resp_err_t error = rd_kafka_flush(producer_, kLimitMs);
  if (failure_.empty() && error != RD_KAFKA_RESP_ERR_NO_ERROR) failure_ = rd_kafka_err2str(error);
  if (!failure_.empty()) throw std::runtime_error("not delivered: " + failure_);
}

void Feeder::begin() { must(rd_kafka_begin_transaction(producer_)); }

void Feeder::commit() {
  flush();
  must(rd_kafka_commit_transaction(producer_, kLimitMs));
}

void Feeder::abort() {
  flush();
  must(rd_kafka_abort_transaction(producer_, kLimitMs));
}

}  // namespace streamhost::kafka_test
