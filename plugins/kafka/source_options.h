// The options of `kafka.source`, read and checked.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "client_conf.h"
#include "topics.h"

namespace kafka_plugin {

// Where reading begins.
struct Start {
  enum class Kind { earliest, latest, stored, time, offset } kind = Kind::earliest;
  int64_t value = 0;  // milliseconds since the Unix epoch, or the offset
};

// "earliest", "latest", "stored" or an RFC 3339 time; throws config_error for anything else.
Start parse_start(std::string_view text);

struct SourceOptions {
  explicit SourceOptions(const streamhost::Config& config);

  TopicFilter topics;
  Start start;
  bool tail;
  uint32_t batch;
  enum class OutOfRange { fail, earliest, latest } out_of_range;
  std::optional<bool> wait_for_topic;  // what to do when a topic is gone; empty: see README.md
  bool message_headers;
  bool topic_header = false, partition_header = false, offset_header = false;
  std::string group;
  std::chrono::milliseconds discover;
  std::chrono::milliseconds connect_timeout;
  uint64_t prefetch;  // bytes, for all partitions of a worker
  ClientConf conf;

  // Whether to wait when `topic` is gone, rather than to fail.
  bool waits_for(const std::string& topic) const;
};

std::vector<streamhost::Option> source_options();

}  // namespace kafka_plugin
