#include "producer.h"

#include <array>

namespace kafka_plugin {
namespace {

namespace sh = streamhost;

// Records may name topics themselves; no more handles of them are kept than this.
constexpr size_t kMostTopics = 4096;

// msg_opaque of markers.
char marker_tag;

}  // namespace

std::string advice(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return "; raise max.message.bytes of the topic, or let nothing so large come here";
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return "; grant this user Write on the topic";
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return "; grant this user Write and Describe on the transactional id";
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return "; create it, or correct its name";
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
      return "; look whether the brokers can be reached, or raise delivery_timeout";
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
      return "; a compacted topic takes no message without a key";
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
      return "; fewer replicas are in sync than min.insync.replicas asks for";
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
      return "; another run writes with the same transactional_id, or a transaction took longer "
             "than transaction_timeout";
    default: return "";
  }
}

Deliveries::Deliveries(const sh::Context& ctx, sh::Waker waker)
    : ClientEvents(ctx),
      waker_(std::move(waker)),
      in_flight_metric_(ctx.metric(SH_METRIC_GAUGE, "in_flight",
                                   "Messages that were sent and not yet acknowledged")),
      delivered_metric_(ctx.metric(SH_METRIC_COUNTER, "delivered",
                                   "Messages that the brokers have acknowledged")),
      latency_metric_(ctx.metric(SH_METRIC_HISTOGRAM, "delivery_latency_seconds",
                                 "Longest time of a message from being sent to being acknowledged, "
                                 "of those reported together")) {}

std::optional<std::string> Deliveries::failure() const {
  const auto broken = fatal();
  const std::lock_guard lock(mutex_);
  if (!failure_ || (only_dropped_ && broken)) return broken;
  if (only_dropped_ && !transaction_error_.empty()) return transaction_error_;
  return failure_;
}

void Deliveries::on_log_line(std::string_view facility, std::string_view text) {
  // Before the messages of the transaction are dropped; nothing else tells why they are.
  if (facility != "TXNERR") return;
  const std::lock_guard lock(mutex_);
  if (transaction_error_.empty()) transaction_error_ = text;
}

void Deliveries::happened() {
  if (waits_.load(std::memory_order_seq_cst) && waits_.exchange(false, std::memory_order_seq_cst)) {
    waker_.wake();
  }
}

void Deliveries::on_error(rd_kafka_resp_err_t, std::string_view) { happened(); }

void Deliveries::report(const rd_kafka_message_t& message) {
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const bool dropped = message.err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
                         message.err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    const std::lock_guard lock(mutex_);
    if (!failure_ || (only_dropped_ && !dropped)) {
      only_dropped_ = dropped;
      failure_ = "topic \"" + std::string(rd_kafka_topic_name(message.rkt)) + "\"" +
                 (message.partition >= 0 ? ", partition " + std::to_string(message.partition)
                                         : std::string()) +
                 ": a message of " + std::to_string(message.len) +
                 " bytes was not delivered: " + error_text(message.err) + advice(message.err);
    }
  } else {
    answered();
    delivered_.fetch_add(1, std::memory_order_relaxed);
    const int64_t latency_us = rd_kafka_message_latency(&message);
    if (latency_us > worst_latency_us_.load(std::memory_order_relaxed)) {
      worst_latency_us_.store(latency_us, std::memory_order_relaxed);
    }
    if (message._private == &marker_tag) {
      marker_offset_.store(message.offset, std::memory_order_release);
    }
  }
  in_flight_.fetch_sub(1, std::memory_order_acq_rel);
}

void Deliveries::record_metrics() {
  const uint64_t delivered = delivered_.exchange(0, std::memory_order_relaxed);
  if (delivered == 0) return;
  context().record(delivered_metric_, static_cast<double>(delivered));
  context().record(in_flight_metric_, static_cast<double>(in_flight()));
  const int64_t latency_us = worst_latency_us_.exchange(-1, std::memory_order_relaxed);
  if (latency_us >= 0) context().record(latency_metric_, static_cast<double>(latency_us) / 1e6);
}

Producer::Producer(const ClientConf& conf, const sh::Context& ctx, sh::Waker waker)
    : deliveries_(std::make_shared<Deliveries>(ctx, std::move(waker))), client_(conf, deliveries_) {
  queue_.reset(rd_kafka_queue_get_main(client_.get()));
  rd_kafka_queue_cb_event_enable(
      queue_.get(), [](rd_kafka_t*, void* to) { static_cast<Deliveries*>(to)->happened(); },
      deliveries_.get());
}

Producer::~Producer() {
  rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
  // What is still queued will not be waited for.
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                    RD_KAFKA_PURGE_F_NON_BLOCKING);
}

void Producer::set_reports(ClientConf& conf) {
  rd_kafka_conf_set_dr_msg_cb(conf.raw(),
                              [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
                                auto& events = *static_cast<Client::Callbacks*>(opaque)->events;
                                static_cast<Deliveries&>(events).report(*message);
                              });
}

rd_kafka_topic_t* Producer::topic(std::string_view name) {
  if (last_topic_ != nullptr && name == last_name_) return last_topic_;
  last_name_ = name;
  auto it = topics_.find(last_name_);
  if (it == topics_.end()) {
    if (topics_.size() >= kMostTopics) topics_.clear();
    TopicHandle made(rd_kafka_topic_new(client_.get(), last_name_.c_str(), nullptr));
    if (!made) {
      last_topic_ = nullptr;
      return nullptr;
    }
    it = topics_.emplace(last_name_, std::move(made)).first;
  }
  return last_topic_ = it->second.get();
}

Producer::Sent Producer::send(const Outgoing& message, std::string& why, bool is_marker) {
  rd_kafka_topic_t* to = topic(message.topic);
  if (to == nullptr) {
    why = "\"" + std::string(message.topic) + "\" is no name of a topic";
    return Sent::kBad;
  }
  // An empty key is another thing than none; librdkafka tells them apart by the pointer.
  static constexpr char kEmpty[1] = "";
  const auto text = [](const std::optional<std::string_view>& view) -> void* {
    if (!view) return nullptr;
    return const_cast<char*>(view->empty() ? kEmpty : view->data());  // NOLINT: it is only read
  };
  std::array<rd_kafka_vu_t, 8> vus;  // NOLINT: filled up to `n`
  size_t n = 0;
  vus[n].vtype = RD_KAFKA_VTYPE_RKT;
  vus[n++].u.rkt = to;
  vus[n].vtype = RD_KAFKA_VTYPE_PARTITION;
  vus[n++].u.i32 = message.partition;
  vus[n].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  vus[n++].u.i = RD_KAFKA_MSG_F_COPY;
  vus[n].vtype = RD_KAFKA_VTYPE_KEY;
  vus[n].u.mem.ptr = text(message.key);
  vus[n++].u.mem.size = message.key ? message.key->size() : 0;
  vus[n].vtype = RD_KAFKA_VTYPE_VALUE;
  vus[n].u.mem.ptr = text(message.value);
  vus[n++].u.mem.size = message.value ? message.value->size() : 0;
  if (message.timestamp_ms > 0) {
    vus[n].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    vus[n++].u.i64 = message.timestamp_ms;
  }
  if (is_marker) {
    vus[n].vtype = RD_KAFKA_VTYPE_OPAQUE;
    vus[n++].u.ptr = &marker_tag;
  }
  HeadersHandle headers;
  if (message.header_count != 0) {
    headers.reset(rd_kafka_headers_new(message.header_count));
    for (uint32_t i = 0; i < message.header_count; ++i) {
      const sh_header& header = message.headers[i];
      rd_kafka_header_add(
          headers.get(), reinterpret_cast<const char*>(header.name.ptr),
          static_cast<ssize_t>(header.name.len),
          header.value.ptr == nullptr ? kEmpty : static_cast<const void*>(header.value.ptr),
          static_cast<ssize_t>(header.value.len));
    }
    vus[n].vtype = RD_KAFKA_VTYPE_HEADERS;
    vus[n++].u.headers = headers.get();
  }
  deliveries_->sent();
  const ErrorHandle error(rd_kafka_produceva(client_.get(), vus.data(), n));
  if (error == nullptr) {
    (void)headers.release();  // the message's now
    return Sent::kYes;
  }
  deliveries_->not_sent();
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
  switch (code) {
    case RD_KAFKA_RESP_ERR__QUEUE_FULL: return Sent::kFull;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      why = "topic \"" + std::string(message.topic) + "\"" +
            (message.partition >= 0 ? ", partition " + std::to_string(message.partition)
                                    : std::string()) +
            ": " + error_text(code) + advice(code);
      return Sent::kBad;
    default: break;
  }
  check();  // what is behind it, if that is known
  throw sh::unavailable("topic \"" + std::string(message.topic) +
                        "\": " + rd_kafka_error_string(error.get()) + advice(code));
}

void Producer::serve() {
  rd_kafka_poll(client_.get(), 0);
  deliveries_->record_metrics();
}

void Producer::check() const {
  // It may be known before it is reported.
  char text[512] = "";
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_.get(), text, sizeof(text));
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) throw sh::unavailable(text + advice(fatal));
  if (const auto failure = deliveries_->failure()) throw sh::unavailable(*failure);
}

}  // namespace kafka_plugin
