#include "source_options.h"

#include <charconv>

namespace kafka_plugin {

namespace sh = streamhost;

namespace {

constexpr Refused kRefused[] = {
    {"queued.max.messages.kbytes", "use the option `prefetch`"},
};

// Digits at `text`, which is shortened by them.
int digits(std::string_view& text, size_t count) {
  int value = 0;
  if (text.size() < count) throw std::invalid_argument("too short");
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
  if (error != std::errc() || end != text.data() + count) throw std::invalid_argument("no number");
  text.remove_prefix(count);
  return value;
}

void expect(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == any_of.npos) throw std::invalid_argument("mark");
  text.remove_prefix(1);
}

// 2026-01-31T12:00:00.5+01:00 as milliseconds; throws std::invalid_argument.
int64_t rfc3339_ms(std::string_view text) {
  using namespace std::chrono;
  const int y = digits(text, 4);
  expect(text, "-");
  const int m = digits(text, 2);
  expect(text, "-");
  const int d = digits(text, 2);
  const year_month_day date{year(y), month(static_cast<unsigned>(m)),
                            day(static_cast<unsigned>(d))};
  if (!date.ok()) throw std::invalid_argument("date");
  expect(text, "Tt ");
  const int hour = digits(text, 2);
  expect(text, ":");
  const int minute = digits(text, 2);
  expect(text, ":");
  const int second = digits(text, 2);
  if (hour > 23 || minute > 59 || second > 60) throw std::invalid_argument("time of day");
  int64_t fraction = 0;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    int64_t unit = 100;
    const size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    if (end == 0) throw std::invalid_argument("fraction");
    for (const char c : text.substr(0, end)) {
      fraction += (c - '0') * unit;
      unit /= 10;
    }
    text.remove_prefix(end);
  }
  int64_t offset_minutes = 0;
  if (text != "Z" && text != "z") {
    const bool west = !text.empty() && text.front() == '-';
    expect(text, "+-");
    const int h = digits(text, 2);
    expect(text, ":");
    offset_minutes = h * 60 + digits(text, 2);
    if (west) offset_minutes = -offset_minutes;
    if (!text.empty()) throw std::invalid_argument("more");
  }
  const int64_t days = sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute - offset_minutes) * 60'000 + second * 1000 + fraction;
}

SourceOptions::OutOfRange out_of_range_of(std::string_view text) {
  using O = SourceOptions::OutOfRange;
  return text == "earliest" ? O::earliest : text == "latest" ? O::latest : O::fail;
}

std::chrono::milliseconds ms(const sh::Config& config, const char* option) {
  return std::chrono::milliseconds(config.integer(option) / 1000);
}

}  // namespace

Start parse_start(std::string_view text) {
  if (text == "earliest") return {Start::Kind::earliest, 0};
  if (text == "latest") return {Start::Kind::latest, 0};
  if (text == "stored") return {Start::Kind::stored, 0};
  try {
    return {Start::Kind::time, rfc3339_ms(text)};
  } catch (const std::invalid_argument&) {
    throw sh::config_error("`start` is \"" + std::string(text) +
                           "\": it must be \"earliest\", \"latest\", \"stored\", or a time such as "
                           "\"2026-01-31T12:00:00Z\"");
  }
}

SourceOptions::SourceOptions(const sh::Config& config)
    : topics(config.list("topics")),
      start(parse_start(config.str("start"))),
      tail(config.flag("tail")),
      batch(static_cast<uint32_t>(config.integer("batch"))),
      out_of_range(out_of_range_of(config.str("on_offset_out_of_range"))),
      message_headers(config.flag("message_headers")),
      group(config.str("group")),
      discover(ms(config, "discover")),
      connect_timeout(ms(config, "connect_timeout")),
      prefetch(static_cast<uint64_t>(config.integer("prefetch"))),
      conf(config, Kind::consumer, kRefused) {
  if (const auto gone = config.find("on_topic_gone")) wait_for_topic = gone == "wait";
  for (const std::string& header : config.list("headers")) {
    if (header == "topic") {
      topic_header = true;
    } else if (header == "partition") {
      partition_header = true;
    } else if (header == "offset") {
      offset_header = true;
    } else {
      throw sh::config_error("`headers` has \"" + header +
                             "\": it may have \"topic\", \"partition\" and \"offset\"");
    }
  }
  if (start.kind == Start::Kind::stored && group.empty()) {
    throw sh::config_error("`start = \"stored\"` needs `group`: whose offsets are meant");
  }
  if (!group.empty()) conf.set("group.id", group);
  conf.set("enable.auto.commit", "false");
  conf.set("enable.auto.offset.store", "false");
  conf.set("auto.offset.reset", "error");  // we decide, and log it
  conf.set("enable.partition.eof", "true");
}

bool SourceOptions::waits_for(const std::string& topic) const {
  return wait_for_topic.value_or(!topics.names(topic));
}

std::vector<sh::Option> source_options() {
  using sh::option;
  using sh::Type;
  std::vector<sh::Option> o;
  o.push_back(option("topics", Type::list,
                     "names of topics; one that begins with ^ is a regular expression of names")
                  .required());
  add_client_options(o);
  o.push_back(option("start", Type::string,
                     "where a first run begins: earliest, latest, stored (what `group` has "
                     "committed), or an RFC 3339 time")
                  .otherwise("earliest"));
  o.push_back(option("tail", Type::boolean,
                     "go on for ever; otherwise each partition ends where it ended at the start")
                  .otherwise("true"));
  o.push_back(option("batch", Type::integer, "messages taken from a partition at a time, at most")
                  .otherwise("1000")
                  .at_least(1)
                  .at_most(100'000));
  o.push_back(option("on_offset_out_of_range", Type::string,
                     "when the messages to read next were deleted: end the job, or go on at the "
                     "first or after the last that is there")
                  .otherwise("fail")
                  .choices({"fail", "earliest", "latest"}));
  o.push_back(option("on_topic_gone", Type::string,
                     "when a topic or partition is not there (any more): end the job, or wait "
                     "until it is (default: fail where it is named, wait where a pattern found it)")
                  .choices({"fail", "wait"}));
  o.push_back(option("headers", Type::list,
                     "headers to add: topic, partition, offset, as kafka.topic, kafka.partition, "
                     "kafka.offset"));
  o.push_back(option("message_headers", Type::boolean,
                     "pass on the headers of messages; a job that reads none saves time without")
                  .otherwise("true"));
  o.push_back(option("group", Type::string,
                     "consumer group to which offsets of committed epochs are reported"));
  o.push_back(option("discover", Type::duration,
                     "how often to look for new partitions and topics (with `tail`)")
                  .otherwise("1m")
                  .at_least(100'000));
  o.push_back(option("connect_timeout", Type::duration,
                     "how long the brokers may take to answer when the job starts")
                  .otherwise("30s")
                  .at_least(100'000));
  o.push_back(option("prefetch", Type::size,
                     "memory for messages fetched ahead, shared by the partitions of a worker")
                  .otherwise("64MiB")
                  .at_least(65536));
  return o;
}

}  // namespace kafka_plugin
