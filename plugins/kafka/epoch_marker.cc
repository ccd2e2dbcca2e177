#include "epoch_marker.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

namespace kafka_plugin {
namespace {

namespace sh = streamhost;

constexpr int kWaitMs = 500;
constexpr int kAdminMs = 10'000;  // or less, by socket.timeout.ms

using NewTopicHandle = Handle<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using AdminOptionsHandle = Handle<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;

// The error of making the one topic, and the broker's words for it.
std::pair<rd_kafka_resp_err_t, std::string> outcome_of(rd_kafka_event_t* event) {
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return {rd_kafka_event_error(event), rd_kafka_event_error_string(event)};
  }
  size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  if (count == 0) return {RD_KAFKA_RESP_ERR_NO_ERROR, ""};
  const char* text = rd_kafka_topic_result_error_string(results[0]);
  return {rd_kafka_topic_result_error(results[0]), text == nullptr ? "" : text};
}

sh::Error gave_up() {
  return sh::unavailable("asking whether an epoch was committed: given up, as the job ends");
}

sh::Error must_not_be_read(const std::string& topic, rd_kafka_resp_err_t code) {
  return sh::unavailable("topic \"" + topic +
                         "\", which tells what was committed, cannot be read: " + error_text(code) +
                         "; grant this user Read on it");
}

// What something that was read says; nothing: read on. Sets `refused` when that is of no use.
std::optional<Marked> understand(const rd_kafka_message_t& message, const std::string& id,
                                 int64_t high, rd_kafka_resp_err_t& refused) {
  switch (message.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      // Any marker of this id will do: one that came later can only have been written when this
      // one was settled, and compaction may have left no other.
      if (message.key != nullptr &&
          std::string_view(static_cast<const char*>(message.key), message.key_len) == id) {
        return Marked::kYes;
      }
      return std::nullopt;
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      // It comes where the first open transaction begins. Only behind `high` nothing is left open.
      if (message.offset >= high) return Marked::kNo;
      return std::nullopt;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: return Marked::kLost;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: refused = message.err; return std::nullopt;
    default: return std::nullopt;  // it goes on by itself
  }
}

struct Ends {
  int64_t low = 0, high = 0;
};

// The offsets between which the topic has messages; whatever was aborted or is still open included.
// Waits for a broker.
Ends query_ends(const ClientConf& conf, const std::shared_ptr<ClientEvents>& events,
                const std::string& topic, const std::atomic<bool>& stop) {
  // By a client of its own: the end that one for committed messages is told is another.
  ClientConf all = conf.for_reading();
  all.set("isolation.level", "read_uncommitted");
  Client client(all, events);
  client.connect();
  Ends ends;
  for (;;) {
    const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
        client.get(), topic.c_str(), kMarkerPartition, &ends.low, &ends.high, kWaitMs);
    switch (code) {
      case RD_KAFKA_RESP_ERR_NO_ERROR: return ends;
      case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: return {};
      case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: throw must_not_be_read(topic, code);
      default:
        if (stop.load(std::memory_order_seq_cst)) throw gave_up();
    }
  }
}

// Whether a broker knows the topic. Waits for one.
bool is_there(const ClientConf& conf, const std::shared_ptr<ClientEvents>& events,
              const std::string& name, const std::atomic<bool>& stop) {
  // By a client that reads: asked by one that writes, brokers make topics that are not there.
  Client client(conf.for_reading(), events);
  client.connect();
  const TopicHandle topic(rd_kafka_topic_new(client.get(), name.c_str(), nullptr));
  while (topic) {
    const rd_kafka_metadata_t* found = nullptr;
    const rd_kafka_resp_err_t code =
        rd_kafka_metadata(client.get(), 0, topic.get(), &found, kWaitMs);
    const MetadataHandle metadata(found);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      return metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt != 0;
    }
    if (stop.load(std::memory_order_seq_cst)) {
      throw sh::unavailable("looking for the topic \"" + name + "\": given up, as the job ends");
    }
  }
  return false;
}

int admin_ms(const ClientConf& conf) {
  int ms = kAdminMs;
  const std::string given = conf.get("socket.timeout.ms");
  std::from_chars(given.data(), given.data() + given.size(), ms);
  return std::min(ms, kAdminMs);
}

}  // namespace

void make_marker_topic(Producer& producer, const ClientConf& conf, const sh::Context& ctx,
                       const std::string& topic, int replication, const std::atomic<bool>& stop) {
  if (is_there(conf, std::make_shared<ClientEvents>(ctx), topic, stop)) return;
  char why[512] = "";
  const NewTopicHandle wanted(
      rd_kafka_NewTopic_new(topic.c_str(), 1, replication, why, sizeof(why)));
  if (!wanted) throw sh::config_error("`marker_topic`: \"" + topic + "\": " + why);
  // Segments are short: only those that are full are compacted, and all is read at a start at
  // worst.
  for (const auto& [name, value] :
       {std::pair{"cleanup.policy", "compact"}, std::pair{"segment.ms", "3600000"},
        std::pair{"segment.bytes", "16777216"}, std::pair{"min.cleanable.dirty.ratio", "0.1"}}) {
    rd_kafka_NewTopic_set_config(wanted.get(), name, value);
  }
  const AdminOptionsHandle options(
      rd_kafka_AdminOptions_new(producer.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS));
  const int timeout_ms = admin_ms(conf);
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, why, sizeof(why));
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout_ms, why, sizeof(why));
  const QueueHandle answers(rd_kafka_queue_new(producer.get()));
  const auto warn = [&](const std::string& because) {
    producer.deliveries().say(
        SH_LOG_WARN, "the topic \"" + topic +
                         "\", for markers of committed epochs, cannot be made (" + because +
                         "); if it is not there, make it: one partition, "
                         "cleanup.policy=compact");
  };
  for (;;) {
    rd_kafka_NewTopic_t* topics[] = {wanted.get()};
    rd_kafka_CreateTopics(producer.get(), topics, 1, options.get(), answers.get());
    EventHandle event;
    while (!event) {
      if (stop.load(std::memory_order_seq_cst)) {
        throw sh::unavailable("making the topic \"" + topic + "\": given up, as the job ends");
      }
      event.reset(rd_kafka_queue_poll(answers.get(), kWaitMs));
    }
    const auto [code, text] = outcome_of(event.get());
    // Brokers answer, and none of them says that it is the controller.
    if (code == RD_KAFKA_RESP_ERR__TIMED_OUT && !producer.deliveries().is_down()) {
      warn(text.empty() ? error_text(code) : text);
      return;
    }
    switch (code) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
      case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: return;
      case RD_KAFKA_RESP_ERR__TIMED_OUT:
      case RD_KAFKA_RESP_ERR__TRANSPORT:
      case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      case RD_KAFKA_RESP_ERR_NOT_CONTROLLER: continue;  // no broker yet
      default: warn(text.empty() ? error_text(code) : text); return;
    }
  }
}

std::string marker_text(uint64_t epoch, const std::string& nonce) {
  return "{\"epoch\":" + std::to_string(epoch) + ",\"transaction\":\"" + nonce + "\"}";
}

int64_t end_of_markers(const ClientConf& conf, const sh::Context& ctx, const std::string& topic,
                       const std::atomic<bool>& stop) {
  return query_ends(conf, std::make_shared<ClientEvents>(ctx), topic, stop).high;
}

Marked ask_marker(const ClientConf& conf, const sh::Context& ctx, const EpochHandle& handle,
                  const std::atomic<bool>& stop) {
  const auto events = std::make_shared<ClientEvents>(ctx);
  const auto [low, high] = query_ends(conf, events, handle.marker_topic, stop);
  if (low > handle.marker_offset) return Marked::kLost;
  if (!handle.sent && high == handle.marker_offset) return Marked::kNo;  // nothing came since
  if (high <= handle.marker_offset) return Marked::kLost;

  ClientConf committed = conf.for_reading();
  committed.set("isolation.level", "read_committed");
  committed.set("enable.partition.eof", "true");
  committed.set("auto.offset.reset", "error");
  Client client(committed, events);
  client.connect();
  const TopicHandle topic(rd_kafka_topic_new(client.get(), handle.marker_topic.c_str(), nullptr));
  const QueueHandle queue(rd_kafka_queue_new(client.get()));
  if (!topic || rd_kafka_consume_start_queue(topic.get(), kMarkerPartition, handle.marker_offset,
                                             queue.get()) != 0) {
    throw sh::unavailable("topic \"" + handle.marker_topic +
                          "\": " + error_text(rd_kafka_last_error()));
  }
  const std::string id = handle.transactional_id();
  std::optional<Marked> answer;
  rd_kafka_resp_err_t refused = RD_KAFKA_RESP_ERR_NO_ERROR;
  while (!answer && !refused && !stop.load(std::memory_order_seq_cst)) {
    const MessageHandle message(rd_kafka_consume_queue(queue.get(), kWaitMs));
    if (message) answer = understand(*message, id, high, refused);
  }
  rd_kafka_consume_stop(topic.get(), kMarkerPartition);
  // What is left in the queue would keep the client from ending, if the topic was deleted
  // meanwhile.
  while (MessageHandle(rd_kafka_consume_queue(queue.get(), 0))) {
  }
  if (refused) throw must_not_be_read(handle.marker_topic, refused);
  if (!answer) throw gave_up();
  return *answer;
}

}  // namespace kafka_plugin
