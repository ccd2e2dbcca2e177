#include "sink_options.h"

#include <charconv>

#include "producer.h"

namespace kafka_plugin {
namespace {

namespace sh = streamhost;

constexpr Refused kRefused[] = {
    {"transactional.id", "use the option `transactional_id`"},
    {"transaction.timeout.ms", "use the option `transaction_timeout`"},
    {"enable.idempotence", "it is always on"},
    {"acks", "all replicas in sync acknowledge, always"},
    {"request.required.acks", "all replicas in sync acknowledge, always"},
    {"delivery.report.only.error", "every report is looked at"},
    {"enable.gapless.guarantee", "it would stop the job at the first message that fails"},
    {"message.timeout.ms", "use the option `delivery_timeout`"},
    {"delivery.timeout.ms", "use the option `delivery_timeout`"},
    {"partitioner", "use the option `partitioner`"},
    {"compression.type", "use the option `compression`"},
    {"compression.codec", "use the option `compression`"},
    {"linger.ms", "use the option `linger`"},
    {"queue.buffering.max.ms", "use the option `linger`"},
    {"queue.buffering.max.kbytes", "use the option `buffer`"},
};

std::string milliseconds(int64_t us) { return std::to_string((us + 999) / 1000); }

const char* partitioner_of(const std::string& name) {
  // Records without a key are spread, as other clients do.
  if (name == "murmur2") return "murmur2_random";
  if (name == "consistent") return "consistent_random";
  return name == "fnv1a" ? "fnv1a_random" : "random";
}

}  // namespace

SinkOptions::SinkOptions(const sh::Config& config)
    : topic(config.str("topic")),
      topic_header(config.str("topic_header")),
      partition_header(config.str("partition_header")),
      headers(config.flag("headers")),
      event_time(config.str("timestamp") == "event"),
      exactly_once(config.str("delivery") == "exactly_once"),
      transactional_id(config.str("transactional_id")),
      marker_topic(config.str("marker_topic")),
      marker_replication(config.integer("marker_replication", -1)),
      transaction_timeout_us(config.integer("transaction_timeout")),
      epoch_bytes(static_cast<uint64_t>(config.integer("epoch_bytes"))),
      conf(config, Kind::producer, kRefused) {
  if (topic.empty() && topic_header.empty()) {
    throw sh::config_error("where do records go? Give `topic`, or `topic_header`, or both");
  }
  if (exactly_once && transactional_id.empty()) {
    throw sh::config_error(
        "`delivery` = \"exactly_once\" needs a `transactional_id` that no other sink of any job on "
        "these brokers uses; keep it as long as the job is to go on from its snapshots");
  }
  if (marker_topic.empty()) marker_topic = transactional_id + "-epochs";
  const std::string lost = config.str("on_lost_marker");
  on_lost_marker = lost == "produce" ? OnLostMarker::kProduce
                   : lost == "skip"  ? OnLostMarker::kSkip
                                     : OnLostMarker::kFail;
  conf.set("enable.idempotence", "true");
  conf.set("partitioner", partitioner_of(config.str("partitioner")));
  conf.set("compression.type", config.str("compression"));
  conf.set("linger.ms", std::to_string(static_cast<double>(config.integer("linger")) / 1000.0));
  conf.set("message.timeout.ms", milliseconds(config.integer("delivery_timeout")));
  conf.set("queue.buffering.max.kbytes",
           std::to_string(std::max<int64_t>(1, config.integer("buffer") >> 10)));
  if (!conf.is_given("queue.buffering.max.messages")) {
    conf.set("queue.buffering.max.messages", "1000000");
  }
  Producer::set_reports(conf);
  const std::string largest = conf.get("message.max.bytes");
  std::from_chars(largest.data(), largest.data() + largest.size(), largest_message);
}

ClientConf SinkOptions::conf_for(const std::string& id) const {
  ClientConf own = conf.copy_of();
  own.set("transactional.id", id);
  own.set("transaction.timeout.ms", milliseconds(transaction_timeout_us));
  // A message that could be delivered only after its transaction is of no use.
  own.set("message.timeout.ms", milliseconds(transaction_timeout_us));
  return own;
}

std::vector<sh::Option> sink_options() {
  using sh::option;
  using sh::Type;
  std::vector<sh::Option> o;
  add_client_options(o);
  o.push_back(option("topic", Type::string, "where records go that name no topic themselves"));
  o.push_back(option("topic_header", Type::string,
                     "the header in which a record names its topic; it does not go out"));
  o.push_back(option("partition_header", Type::string,
                     "the header in which a record names its partition, a number; it does not go "
                     "out"));
  o.push_back(option("partitioner", Type::string,
                     "how keys find their partition: as Java clients do, as other clients of "
                     "librdkafka do, by FNV-1a, or not at all")
                  .otherwise("murmur2")
                  .choices({"murmur2", "consistent", "fnv1a", "random"}));
  o.push_back(option("headers", Type::boolean, "send the headers of records").otherwise("true"));
  o.push_back(
      option("timestamp", Type::string,
             "of messages: the record's event time where it has one, or the time of sending")
          .otherwise("event")
          .choices({"event", "now"}));
  o.push_back(
      option("delivery", Type::string,
             "at_least_once: after a crash, messages may come again; exactly_once: those of "
             "an epoch come once, all together, when it is committed")
          .otherwise("at_least_once")
          .choices({"at_least_once", "exactly_once"}));
  o.push_back(
      option("transactional_id", Type::string,
             "for exactly_once: a name that no other sink on these brokers has; each worker "
             "adds its number"));
  o.push_back(option("marker_topic", Type::string,
                     "for exactly_once: the compacted topic that tells which epochs are committed; "
                     "made if it is missing; \"TRANSACTIONAL_ID-epochs\" if not given"));
  o.push_back(option("marker_replication", Type::integer,
                     "replication factor of the marker topic when it is made; -1: the brokers' own")
                  .otherwise("-1")
                  .at_least(-1)
                  .at_most(100));
  o.push_back(option("transaction_timeout", Type::duration,
                     "for exactly_once: after this time the brokers give up a transaction, and the "
                     "job fails and goes on from its last snapshot; at most what the brokers allow")
                  .otherwise("1m")
                  .at_least(1'000'000));
  o.push_back(
      option("on_lost_marker", Type::string,
             "for exactly_once, when the marker topic was deleted: fail, or produce the last "
             "epoch again (perhaps twice), or skip it (perhaps never)")
          .otherwise("fail")
          .choices({"fail", "produce", "skip"}));
  o.push_back(option("epoch_bytes", Type::size,
                     "for exactly_once: a worker that holds more of an epoch asks for its end")
                  .otherwise("32MiB")
                  .at_least(64 << 10));
  o.push_back(option("delivery_timeout", Type::duration,
                     "for at_least_once: a message that is not acknowledged after this time fails "
                     "the epoch")
                  .otherwise("5m")
                  .at_least(1'000));
  o.push_back(option("buffer", Type::size, "messages that wait to be acknowledged, each worker")
                  .otherwise("64MiB")
                  .at_least(64 << 10));
  o.push_back(option("linger", Type::duration, "how long a batch waits for more messages")
                  .otherwise("5ms"));
  o.push_back(option("compression", Type::string, "of batches")
                  .otherwise("none")
                  .choices({"none", "gzip", "snappy", "lz4", "zstd"}));
  return o;
}

std::optional<std::string> Addressing::address(const sh_record& record, Outgoing& message) {
  const sh::Record view(record);
  message = Outgoing();
  message.topic = options_.topic;
  if (view.has_key()) message.key = view.key();
  if (view.has_value()) message.value = view.value();
  if (options_.event_time && record.event_time_us > 0 && record.event_time_us != SH_NO_TIME) {
    message.timestamp_ms = record.event_time_us / 1000;
  }
  if (!options_.topic_header.empty()) {
    const auto named = view.header(options_.topic_header);
    if (named && !named->empty()) message.topic = *named;
    if (message.topic.empty()) {
      return "it has no header \"" + options_.topic_header + "\", and the step no `topic`";
    }
  }
  if (!options_.partition_header.empty()) {
    if (const auto named = view.header(options_.partition_header)) {
      const auto [end, error] =
          std::from_chars(named->data(), named->data() + named->size(), message.partition);
      if (error != std::errc() || end != named->data() + named->size() || message.partition < 0) {
        return "its header \"" + options_.partition_header + "\" is \"" +
               std::string(named->substr(0, 40)) + "\", not the number of a partition";
      }
    }
  }
  if (options_.headers && record.header_count != 0) {
    message.headers = record.headers;
    message.header_count = record.header_count;
    if (!options_.topic_header.empty() || !options_.partition_header.empty()) {
      headers_.clear();
      for (uint32_t i = 0; i < record.header_count; ++i) {
        const std::string_view name = sh::to_view(record.headers[i].name);
        if (name != options_.topic_header && name != options_.partition_header) {
          headers_.push_back(record.headers[i]);
        }
      }
      message.headers = headers_.data();
      message.header_count = static_cast<uint32_t>(headers_.size());
    }
  }
  if (message.size() > options_.largest_message) {
    return "it makes a message of " + std::to_string(message.size()) +
           " bytes, more than message.max.bytes (" + std::to_string(options_.largest_message) +
           ") of `properties`";
  }
  return std::nullopt;
}

}  // namespace kafka_plugin
