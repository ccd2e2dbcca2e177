// Which topics to read, and what the cluster says there is.
#pragma once

#include <regex.h>

#include <cstdint>
#include <memory>
#include <streamhost/sdk.hpp>
#include <string>
#include <vector>

#include "handles.h"

namespace kafka_plugin {

// Names, and patterns: those that begin with ^, POSIX extended regular expressions as librdkafka
// takes them. They match from the first character on, to the last only with a $. Topics whose name
// begins with __ are Kafka's own: a pattern finds them only when it begins with ^__.
class TopicFilter {
 public:
  // Throws config_error for an empty list, a name that no topic can have, or a wrong pattern.
  explicit TopicFilter(const std::vector<std::string>& topics);

  const std::vector<std::string>& named() const { return named_; }
  bool has_patterns() const { return !patterns_.empty(); }
  // Whether `topic` is read because it is named.
  bool names(const std::string& topic) const;
  bool matches(const std::string& topic) const;

 private:
  struct Pattern {
    std::shared_ptr<const regex_t> compiled;
    bool internal;
  };
  std::vector<std::string> named_;
  std::vector<Pattern> patterns_;
};

struct TopicPartition {
  std::string topic;
  int32_t partition;
  int32_t leader;  // broker id, -1: none right now
};

// "topic/3". No topic has a slash in its name.
std::string partition_name(const std::string& topic, int32_t partition);
// Throws state_error for what is no such name.
TopicPartition parse_partition_name(std::string_view name);

struct Listing {
  std::vector<TopicPartition> partitions;  // by topic and number
  std::vector<std::string> missing;        // named, and not there
  std::vector<std::string> unclear;        // named, and the broker cannot say right now, with why
};

// Asks the cluster; blocks up to `timeout_ms`. Throws Error (unavailable) when no broker answers in
// time or the client may not see a topic.
Listing list_partitions(rd_kafka_t* client, const TopicFilter& filter, int timeout_ms);

}  // namespace kafka_plugin
