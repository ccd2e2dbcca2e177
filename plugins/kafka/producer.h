// A producing client, and what became of its messages.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <unordered_map>

#include "client_conf.h"
#include "outgoing.h"

namespace kafka_plugin {

// Looks at every delivery report. The reports come while somebody calls Producer::serve(), or in a
// blocking call on the same client; so all functions: [any thread].
class Deliveries final : public ClientEvents {
 public:
  Deliveries(const streamhost::Context& ctx, streamhost::Waker waker);

  uint64_t in_flight() const { return in_flight_.load(std::memory_order_acquire); }
  // Why a message was not delivered, the first one of them; empty when all were so far.
  std::optional<std::string> failure() const;
  // The offset of the last message that was sent as a marker.
  int64_t marker_offset() const { return marker_offset_.load(std::memory_order_acquire); }

  // The worker is woken by the next thing that happens. Look once more after asking.
  void wake_me() { waits_.store(true, std::memory_order_seq_cst); }

 private:
  friend class Producer;
  void on_error(rd_kafka_resp_err_t code, std::string_view reason) override;
  void on_log_line(std::string_view facility, std::string_view text) override;
  void report(const rd_kafka_message_t& message);
  void happened();
  void sent() { in_flight_.fetch_add(1, std::memory_order_acq_rel); }
  void not_sent() { in_flight_.fetch_sub(1, std::memory_order_acq_rel); }
  // Passes on the figures since the last call. [worker]
  void record_metrics();

  const streamhost::Waker waker_;
  std::atomic<uint64_t> in_flight_{0};
  std::atomic<bool> waits_{false};
  std::atomic<int64_t> worst_latency_us_{-1};
  std::atomic<uint64_t> delivered_{0};
  mutable std::mutex mutex_;
  std::optional<std::string> failure_;
  // Why the transaction failed, and whether failure_ is only a message that was dropped for that.
  std::string transaction_error_;
  bool only_dropped_ = false;
  std::atomic<int64_t> marker_offset_{-1};
  uint32_t in_flight_metric_, delivered_metric_, latency_metric_;
};

class Producer {
 public:
  // To be called once on a conf that producers are made of.
  static void set_reports(ClientConf& conf);

  // Connects to nothing before connect(). Throws config_error.
  Producer(const ClientConf& conf, const streamhost::Context& ctx, streamhost::Waker waker);
  ~Producer();

  void connect() { client_.connect(); }

  enum class Sent {
    kYes,
    kFull,  // later: when a delivery has been reported
    kBad    // this message can never be sent; `why` says why
  };
  // Copies the message into the client's queue. `is_marker`: see Deliveries::marker_offset().
  // Throws Error when the client as a whole does not work. [one thread at a time]
  Sent send(const Outgoing& message, std::string& why, bool is_marker = false);

  // Takes notice of deliveries; never blocks. [worker]
  void serve();
  // Throws Error (unavailable) when a message was not delivered or the client is broken.
  void check() const;

  Deliveries& deliveries() const { return *deliveries_; }
  rd_kafka_t* get() const { return client_.get(); }

 private:
  rd_kafka_topic_t* topic(std::string_view name);

  std::shared_ptr<Deliveries> deliveries_;
  Client client_;
  QueueHandle queue_;
  std::unordered_map<std::string, TopicHandle> topics_;
  std::string last_name_;
  rd_kafka_topic_t* last_topic_ = nullptr;
};

// What a person can do about an error of delivery; empty when there is nothing particular.
std::string advice(rd_kafka_resp_err_t code);

}  // namespace kafka_plugin
