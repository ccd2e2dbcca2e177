// A run of messages on its way through the job: adopted by the host, and given back to librdkafka
// when no record points into it any more.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <streamhost/sdk.hpp>
#include <string>
#include <vector>

#include "client_conf.h"
#include "feed.h"

namespace kafka_plugin {

// A consumer and what is out of it. Shared by the reader and all messages that are under way, so
// that the client outlives them.
struct Consumer {
  Consumer(const streamhost::Context& context, uint32_t metric, const ClientConf& conf,
           std::shared_ptr<ClientEvents> events)
      : ctx(context), in_flight_metric(metric), client(conf, std::move(events)) {}

  // Messages that were put out and not yet given back become more or less. [any thread]
  void add_in_flight(int64_t messages) {
    const int64_t before = in_flight.fetch_add(messages, std::memory_order_relaxed);
    ctx.record(in_flight_metric, static_cast<double>(before + messages));
  }

  const streamhost::Context ctx;
  const uint32_t in_flight_metric;
  std::atomic<int64_t> in_flight{0};
  Client client;
};

struct HeaderChoice {
  bool own = true;  // the message's; librdkafka allocates memory for each message that is asked
  bool topic = false, partition = false, offset = false;
  uint32_t count() const { return uint32_t{topic} + uint32_t{partition} + uint32_t{offset}; }
};

class Fetched {
 public:
  // Takes the messages, all without an error, and describes them in `records` (of the same size).
  // The result is what to adopt; its release may be called by any thread.
  static sh_external take(std::shared_ptr<Consumer> consumer, FeedPointer feed,
                          std::span<rd_kafka_message_t* const> messages, HeaderChoice headers,
                          sh_record* records);

 private:
  Fetched(std::shared_ptr<Consumer> consumer, FeedPointer feed,
          std::span<rd_kafka_message_t* const> messages);
  ~Fetched();
  uint64_t describe(HeaderChoice choice, sh_record* records);
  void add_headers(rd_kafka_message_t& message, HeaderChoice choice);

  const std::shared_ptr<Consumer> consumer_;
  const FeedPointer feed_;
  const std::vector<rd_kafka_message_t*> messages_;
  std::vector<sh_header> headers_;
  std::string offsets_;  // as texts
};

}  // namespace kafka_plugin
