#include "clock_option.h"

namespace plugin_common {

using streamhost::Config;
using streamhost::config_error;
using streamhost::Context;
using streamhost::Option;
using streamhost::option;
using streamhost::Type;

ClockChoice ClockChoice::of(const Context& ctx, const Config& config) {
  const auto clock = config.table("clock");
  const std::string per = clock ? clock->str("per") : "";
  const bool waits = clock && clock->has("wait");
  if (clock && clock->find("kind") == "system") {
    if (!per.empty()) throw config_error("clock: the system clock is one for all; leave `per` out");
    if (waits) throw config_error("clock: the system clock waits for nothing; leave `wait` out");
    return {ClockKind::kSystem, 0};
  }
  if (per == "key") return {ClockKind::kKey, waits ? clock->integer("wait") : 0};
  if (waits) {
    throw config_error(
        "clock: `wait` goes with per = \"key\"; the stream's watermark waits where it is made: say "
        "watermark = { wait = \"…\" } at the source, or at the step that sets the event time");
  }
  if (!ctx.has_event_time()) {
    throw config_error(
        std::string("this step needs event time, and no watermark comes to it") +
        (config.input_count() > 1 ? " on some of its inputs" : "") +
        ": say watermark = { wait = \"5s\" } at the source, or at the step after it that sets the "
        "event time (json.extract with `time`); or choose clock = { kind = \"system\" } or "
        "{ kind = \"event\", per = \"key\" }");
  }
  return {};
}

Option clock_option(const char* help) {
  return option("clock", Type::table, help)
      .fields({option("kind", Type::string,
                      "\"event\": the time in the records; \"system\": the time of their arrival")
                   .otherwise("event")
                   .choices({"event", "system"}),
               option("per", Type::string,
                      "event: \"stream\" (the default) goes by the step's watermark, \"key\" has "
                      "one for each key")
                   .choices({"stream", "key"}),
               option("wait", Type::duration,
                      "per key: how long to wait for records that are out of order; 0s when "
                      "nothing is said")
                   .at_least(0)});
}

const char* text_of(ClockKind kind) {
  switch (kind) {
    case ClockKind::kKey: return "{ kind = \"event\", per = \"key\" }";
    case ClockKind::kSystem: return "{ kind = \"system\" }";
    case ClockKind::kStream: break;
  }
  return "{ kind = \"event\", per = \"stream\" }";
}

}  // namespace plugin_common
