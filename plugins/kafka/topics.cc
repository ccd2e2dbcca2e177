#include "topics.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

namespace kafka_plugin {

namespace sh = streamhost;

namespace {

constexpr size_t kLongestName = 249;  // of a topic, by Kafka's rules

bool can_be_a_topic(const std::string& name) {
  if (name.empty() || name.size() > kLongestName || name == "." || name == "..") return false;
  return name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == name.npos;
}

}  // namespace

TopicFilter::TopicFilter(const std::vector<std::string>& topics) {
  if (topics.empty()) throw sh::config_error("`topics` names no topic");
  for (const std::string& topic : topics) {
    if (!topic.starts_with('^')) {
      if (!can_be_a_topic(topic)) {
        throw sh::config_error("`topics` has \"" + topic +
                               "\", which no topic can be called: letters, digits, '.', '_' and "
                               "'-' are allowed; a pattern begins with ^");
      }
      named_.push_back(topic);
      continue;
    }
    auto compiled = std::make_unique<regex_t>();
    const int error = regcomp(compiled.get(), topic.c_str(), REG_EXTENDED | REG_NOSUB);
    if (error != 0) {
      char why[200];
      regerror(error, compiled.get(), why, sizeof(why));
      throw sh::config_error("`topics` has the pattern \"" + topic + "\": " + why);
    }
    patterns_.push_back({{compiled.release(),
                          [](const regex_t* r) {
                            regfree(const_cast<regex_t*>(r));
                            delete r;
                          }},
                         topic.starts_with("^__")});
  }
  std::sort(named_.begin(), named_.end());
  named_.erase(std::unique(named_.begin(), named_.end()), named_.end());
}

bool TopicFilter::names(const std::string& topic) const {
  return std::binary_search(named_.begin(), named_.end(), topic);
}

bool TopicFilter::matches(const std::string& topic) const {
  if (names(topic)) return true;
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const Pattern& p) {
    return (p.internal || !topic.starts_with("__")) &&
           regexec(p.compiled.get(), topic.c_str(), 0, nullptr, 0) == 0;
  });
}

std::string partition_name(const std::string& topic, int32_t partition) {
  return topic + "/" + std::to_string(partition);
}

TopicPartition parse_partition_name(std::string_view name) {
  const size_t slash = name.rfind('/');
  TopicPartition result{std::string(name.substr(0, slash)), 0, -1};
  if (slash != name.npos) {
    const char* end = name.data() + name.size();
    const auto [at, error] = std::from_chars(name.data() + slash + 1, end, result.partition);
    if (error == std::errc() && at == end && slash != 0) return result;
  }
  throw sh::state_error("\"" + std::string(name) + "\" is no partition of a topic");
}

Listing list_partitions(rd_kafka_t* client, const TopicFilter& filter, int timeout_ms) {
  // Without patterns the cluster is asked for the topics that the client has handles of.
  std::vector<TopicHandle> handles;
  for (const std::string& topic : filter.named()) {
    handles.emplace_back(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  }
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(client, filter.has_patterns() ? 1 : 0, nullptr, &raw, timeout_ms);
  const MetadataHandle metadata(raw);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw sh::unavailable("the topics cannot be listed: " + error_text(error));
  }
  Listing listing;
  std::set<std::string> seen;
  for (int t = 0; t < metadata->topic_cnt; ++t) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[t];
    const std::string name = topic.topic;
    if (!filter.matches(name)) continue;
    if (topic.err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
      throw sh::unavailable("the topic \"" + name + "\" may not be read: " + error_text(topic.err));
    }
    const bool gone = topic.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                      topic.err == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
    if (gone) continue;
    seen.insert(name);
    if (topic.err != RD_KAFKA_RESP_ERR_NO_ERROR && filter.names(name)) {
      listing.unclear.push_back("\"" + name + "\": " + error_text(topic.err));
    }
    for (int p = 0; p < topic.partition_cnt; ++p) {
      listing.partitions.push_back({name, topic.partitions[p].id, topic.partitions[p].leader});
    }
  }
  for (const std::string& topic : filter.named()) {
    if (!seen.contains(topic)) listing.missing.push_back(topic);
  }
  std::sort(listing.partitions.begin(), listing.partitions.end(),
            [](const TopicPartition& a, const TopicPartition& b) {
              return std::tie(a.topic, a.partition) < std::tie(b.topic, b.partition);
            });
  return listing;
}

}  // namespace kafka_plugin
