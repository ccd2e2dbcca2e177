#include "fetched.h"

#include <charconv>

namespace kafka_plugin {

namespace sh = streamhost;

namespace {

constexpr size_t kLongestNumber = 20;
// What librdkafka keeps of a message beside its bytes, about.
constexpr uint64_t kOverhead = 256;

}  // namespace

Fetched::Fetched(std::shared_ptr<Consumer> consumer, FeedPointer feed,
                 std::span<rd_kafka_message_t* const> messages)
    : consumer_(std::move(consumer)),
      feed_(std::move(feed)),
      messages_(messages.begin(), messages.end()) {
  consumer_->add_in_flight(static_cast<int64_t>(messages_.size()));
}

Fetched::~Fetched() {
  for (rd_kafka_message_t* message : messages_) rd_kafka_message_destroy(message);
  consumer_->add_in_flight(-static_cast<int64_t>(messages_.size()));
}

sh_external Fetched::take(std::shared_ptr<Consumer> consumer, FeedPointer feed,
                          std::span<rd_kafka_message_t* const> messages, HeaderChoice headers,
                          sh_record* records) {
  auto* fetched = new Fetched(std::move(consumer), std::move(feed), messages);
  const uint64_t bytes = fetched->describe(headers, records);
  return {fetched, [](void* owner) { delete static_cast<Fetched*>(owner); }, bytes};
}

uint64_t Fetched::describe(HeaderChoice choice, sh_record* records) {
  uint64_t bytes = 0;
  if (choice.count() != 0) headers_.reserve(messages_.size() * choice.count());
  // Header values point into it: it must not move.
  if (choice.offset) offsets_.reserve(messages_.size() * kLongestNumber);
  for (size_t i = 0; i < messages_.size(); ++i) {
    rd_kafka_message_t& message = *messages_[i];
    sh_record& r = records[i];
    r = sh_record{};
    r.key = static_cast<const uint8_t*>(message.key);
    r.key_len = message.key == nullptr ? SH_ABSENT : static_cast<uint32_t>(message.key_len);
    r.value = static_cast<const uint8_t*>(message.payload);
    r.value_len = message.payload == nullptr ? SH_ABSENT : static_cast<uint32_t>(message.len);
    rd_kafka_timestamp_type_t type;
    const int64_t ms = rd_kafka_message_timestamp(&message, &type);
    r.event_time_us = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || ms < 0 ? SH_NO_TIME : ms * 1000;
    const size_t before = headers_.size();
    add_headers(message, choice);
    r.header_count = static_cast<uint32_t>(headers_.size() - before);
    bytes += message.key_len + message.len + kOverhead;
  }
  const sh_header* at = headers_.data();
  if (!headers_.empty()) {
    for (size_t i = 0; i < messages_.size(); ++i) {
      if (records[i].header_count == 0) continue;
      records[i].headers = at;
      at += records[i].header_count;
    }
  }
  return bytes;
}

void Fetched::add_headers(rd_kafka_message_t& message, HeaderChoice choice) {
  rd_kafka_headers_t* theirs = nullptr;
  if (choice.own && rd_kafka_message_headers(&message, &theirs) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    for (size_t h = 0;
         rd_kafka_header_get_all(theirs, h, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++h) {
      headers_.push_back({sh::to_bytes(name), {static_cast<const uint8_t*>(value), size}});
    }
  }
  if (choice.topic) headers_.push_back({sh::to_bytes("kafka.topic"), sh::to_bytes(feed_->topic)});
  if (choice.partition) {
    headers_.push_back({sh::to_bytes("kafka.partition"), sh::to_bytes(feed_->number)});
  }
  if (choice.offset) {
    const size_t begin = offsets_.size();
    offsets_.resize(begin + kLongestNumber);
    char* const text = offsets_.data() + begin;
    const char* const end = std::to_chars(text, text + kLongestNumber, message.offset).ptr;
    offsets_.resize(begin + static_cast<size_t>(end - text));
    headers_.push_back(
        {sh::to_bytes("kafka.offset"), sh::to_bytes({text, static_cast<size_t>(end - text)})});
  }
}

}  // namespace kafka_plugin
