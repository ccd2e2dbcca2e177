// The options of kafka.sink, read and checked.
#pragma once

#include <memory>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <vector>

#include "client_conf.h"
#include "outgoing.h"

namespace kafka_plugin {

// What to do about an epoch of which nobody knows any more whether it was committed.
enum class OnLostMarker { kFail, kProduce, kSkip };

struct SinkOptions {
  // Throws config_error.
  explicit SinkOptions(const streamhost::Config& config);

  std::string topic;                           // empty: every record names its own
  std::string topic_header, partition_header;  // empty: none
  bool headers = true;                         // those of the record go out
  bool event_time = true;                      // is the message's timestamp
  bool exactly_once = false;
  std::string transactional_id;
  std::string marker_topic;
  int64_t marker_replication = -1;
  int64_t transaction_timeout_us = 0;
  OnLostMarker on_lost_marker = OnLostMarker::kFail;
  uint64_t epoch_bytes = 0;
  size_t largest_message = 0;  // bytes
  ClientConf conf;             // for a producer that is not transactional

  // For one that is.
  ClientConf conf_for(const std::string& transactional_id) const;
};

std::vector<streamhost::Option> sink_options();

// Makes messages of records. [worker]
class Addressing {
 public:
  explicit Addressing(const SinkOptions& options) : options_(options) {}

  // The message of a record, or why there is none. It points into the record, and into memory of
  // this object that stays until the next call.
  std::optional<std::string> address(const sh_record& record, Outgoing& message);

 private:
  const SinkOptions& options_;
  std::vector<sh_header> headers_;
};

}  // namespace kafka_plugin
