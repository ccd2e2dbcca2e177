#include "properties.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <numeric>
#include <utility>

namespace kafka_plugin {
namespace {

// What every step of ours decides itself.
constexpr Refused kRefused[] = {
    {"bootstrap.servers", "use the option `brokers`"},
    {"metadata.broker.list", "use the option `brokers`"},
    {"client.id", "use the option `client_id`"},
    {"group.id", "use the option `group`"},
    {"group.instance.id", "partitions are dealt by streamhost, so that no group is joined"},
    {"group.protocol.type", "partitions are dealt by streamhost, so that no group is joined"},
    {"partition.assignment.strategy", "partitions are dealt by streamhost, not by a group"},
    {"enable.auto.commit", "offsets are committed with the epochs; see the option `group`"},
    {"auto.commit.enable", "offsets are committed with the epochs; see the option `group`"},
    {"auto.commit.interval.ms", "offsets are committed with the epochs; see the option `group`"},
    {"enable.auto.offset.store", "offsets are committed with the epochs; see the option `group`"},
    {"offset.store.method", "offsets are committed with the epochs; see the option `group`"},
    {"offset.store.path", "offsets are committed with the epochs; see the option `group`"},
    {"offset.store.sync.interval.ms",
     "offsets are committed with the epochs; see the option `group`"},
    {"auto.offset.reset", "use the options `start` and `on_offset_out_of_range`"},
    {"enable.partition.eof", "use the option `tail`"},
    {"consume.callback.max.messages", "use the option `batch`"},
    {"transactional.id", "use the option `delivery`"},
    {"enable.idempotence", "use the option `delivery`"},
    {"delivery.report.only.error", "every delivery report is looked at"},
    {"sasl.oauthbearer.method", "use the option `oauth`"},
    {"sasl.oauthbearer.client.id", "use the option `oauth`"},
    {"sasl.oauthbearer.client.secret", "use the option `oauth`"},
    {"sasl.oauthbearer.scope", "use the option `oauth`"},
    {"sasl.oauthbearer.extensions", "use the option `oauth`"},
    {"sasl.oauthbearer.token.endpoint.url", "use the option `oauth`"},
    {"log_level", "set the level of streamhost's log, and the property debug for more"},
    {"log.queue", "librdkafka's log is part of streamhost's"},
    {"log.thread.name", "librdkafka's log is part of streamhost's"},
    {"plugin.library.paths", "code is loaded by streamhost only, where it can check it"},
    {"default_topic_conf", "set the properties of topics beside the others"},
};

bool ends_with_callback(std::string_view name) {
  return name.ends_with("_cb") || name.ends_with(".cb");
}

struct Row {
  std::string name, scope;
};

// The rows of the table that librdkafka prints of itself: "name | C/P | range | default | …".
std::vector<Row> listed() {
  char* text = nullptr;
  size_t size = 0;
  std::FILE* file = open_memstream(&text, &size);
  if (file == nullptr) throw std::bad_alloc();
  rd_kafka_conf_properties_show(file);
  std::fclose(file);
  const std::unique_ptr<char, decltype(&std::free)> owner(text, &std::free);
  const auto cell = [](std::string_view& line) {
    const size_t bar = line.find('|');
    if (bar == std::string_view::npos) return std::string_view();
    std::string_view c = line.substr(0, bar);
    line.remove_prefix(bar + 1);
    while (!c.empty() && c.front() == ' ') c.remove_prefix(1);
    while (!c.empty() && c.back() == ' ') c.remove_suffix(1);
    return c;
  };
  std::vector<Row> rows;
  for (std::string_view rest(text, size); !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::string_view name = cell(line), scope = cell(line);
    if (scope == "*" || scope == "C" || scope == "P") {
      rows.push_back({std::string(name), std::string(scope)});
    }
  }
  return rows;
}

size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> known_properties(Kind kind) {
  const std::string_view other = kind == Kind::consumer ? "P" : "C";
  std::vector<std::string> names;
  for (Row& row : listed()) {
    if (row.scope != other) names.push_back(std::move(row.name));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string why_refused(std::string_view name, Kind kind, std::span<const Refused> more) {
  const auto sentence = [&](std::string_view instead) {
    return "the property \"" + std::string(name) + "\" cannot be set: " + std::string(instead);
  };
  for (const Refused& r : more) {
    if (r.name == name) return sentence(r.instead);
  }
  for (const Refused& r : kRefused) {
    if (r.name == name) return sentence(r.instead);
  }
  for (const std::string_view hook :
       {"enabled_events", "opaque", "interceptors", "ssl_engine_callback_data", "ssl_certificate",
        "ssl_key", "ssl_ca"}) {
    if (name == hook) return sentence("it is for programs, not for manifests");
  }
  if (ends_with_callback(name)) return sentence("it is for programs, not for manifests");
  const std::string_view other = kind == Kind::consumer ? "P" : "C";
  bool only_other = false;
  for (const Row& row : listed()) {
    if (row.name != name) continue;
    if (row.scope != other) return {};
    only_other = true;
  }
  if (!only_other) return {};
  return sentence(kind == Kind::consumer ? "it is for producers, and a source is a consumer"
                                         : "it is for consumers, and a sink is a producer");
}

bool is_secret(std::string_view name) {
  for (const std::string_view part :
       {"password", "secret", "key.pem", "oauthbearer.config", "jaas", "ssl_key", "token"}) {
    if (name.find(part) != std::string_view::npos) return true;
  }
  return false;
}

std::string nearest(std::string_view name, std::span<const std::string> names) {
  size_t least = 2 + name.size() / 4;  // further away is another word
  std::string best;
  for (const std::string& candidate : names) {
    const size_t d = distance(name, candidate);
    if (d < least) {
      least = d;
      best = candidate;
    }
  }
  return best;
}

}  // namespace kafka_plugin
