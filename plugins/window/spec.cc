#include "spec.h"

#include "agg/saved.h"
#include "time_text.h"

namespace streamhost::window {
namespace {

constexpr const char* kKinds[] = {"tumbling", "sliding", "session"};
constexpr auto kLongest = static_cast<double>(Grid::kLongest);
constexpr const char* kClocks[] = {"{ kind = \"event\", per = \"stream\" }",
                                   "{ kind = \"event\", per = \"key\" }", "{ kind = \"system\" }"};

// The manifest says an option that windows of this kind do not have.
void refuse_field(const Config& window, const std::string& kind, const char* option,
                  const char* why) {
  if (!window.has(option)) return;
  throw config_error("window: " + kind + " windows have no `" + option + "`" + why);
}

int64_t required(const Config& window, const std::string& kind, const char* option,
                 const char* what) {
  if (window.has(option)) return window.integer(option);
  throw config_error("window: " + kind + " windows need `" + option + "`, " + what);
}

// As a manifest has it, in the largest unit that needs no fraction.
std::string duration_text(int64_t us) {
  static constexpr std::pair<int64_t, const char*> kUnits[] = {{86'400'000'000, "d"},
                                                               {3'600'000'000, "h"},
                                                               {60'000'000, "m"},
                                                               {1'000'000, "s"},
                                                               {1000, "ms"}};
  for (const auto& [size, unit] : kUnits) {
    if (us != 0 && us % size == 0) return std::to_string(us / size) + unit;
  }
  return std::to_string(us) + "us";
}

void read_window(const Config& window, Spec& spec) {
  const std::string kind = window.str("kind");
  if (kind == "session") {
    spec.kind = Kind::kSession;
    refuse_field(window, kind, "length", ": they last while records keep coming within `gap`");
    refuse_field(window, kind, "offset", "");
    refuse_field(window, kind, "align_to", "");
    spec.gap_us = required(window, kind, "gap", "the longest time between two records");
    return;
  }
  refuse_field(window, kind, "gap", ": say kind = \"session\"");
  spec.length_us = required(window, kind, "length", "the time from open to close");
  spec.align_us = window.integer("align_to");
  if (kind == "tumbling") {
    refuse_field(window, kind, "offset",
                 ": one opens when the other closes; say kind = \"sliding\"");
    spec.offset_us = spec.length_us;
    return;
  }
  spec.kind = Kind::kSliding;
  spec.offset_us = required(window, kind, "offset", "the time from one opening to the next");
  if (spec.offset_us > spec.length_us) {
    throw config_error("window: `offset` (" + duration_text(spec.offset_us) +
                       ") is longer than `length` (" + duration_text(spec.length_us) +
                       "), so that records between two windows would be in none; make it " +
                       duration_text(spec.length_us) + " at most");
  }
}

void read_clock(const Context& ctx, const Config& config, Spec& spec) {
  const auto clock = config.table("clock");
  const std::string kind = clock ? clock->str("kind") : "event";
  const std::string per = clock ? clock->str("per") : "";
  const bool waits = clock && clock->has("wait");
  if (kind == "system") {
    if (!per.empty()) throw config_error("clock: the system clock is one for all; leave `per` out");
    if (waits) throw config_error("clock: the system clock waits for nothing; leave `wait` out");
    spec.clock = Clock::kSystem;
    return;
  }
  if (per == "key") {
    spec.clock = Clock::kKey;
    spec.wait_us = waits ? clock->integer("wait") : 0;
    return;
  }
  if (waits) {
    throw config_error(
        "clock: `wait` goes with per = \"key\"; the stream's watermark waits where it is made: say "
        "watermark = { wait = \"…\" } at the source, or at the step that sets the event time");
  }
  if (!ctx.has_event_time()) {
    throw config_error(
        "this step needs event time, and no watermark comes to it: say watermark = { wait = \"5s\" "
        "} at the source, or at the step after it that sets the event time (json.extract with "
        "`time`); or choose clock = { kind = \"system\" } or { kind = \"event\", per = \"key\" }");
  }
}

}  // namespace

Spec Spec::of(const Context& ctx, const Config& config) {
  Spec spec;
  read_window(config.table("window").value(), spec);
  read_clock(ctx, config, spec);
  spec.lateness_us = config.integer("allowed_lateness");
  spec.early_us = config.integer("early");
  spec.ordered = config.flag("ordered");
  return spec;
}

// What a state depends on:
//
//   windows = kind u8, clock u8, then number length, number offset, integer align; of sessions
//             number gap.                           number, integer: see agg/saved.h
void Spec::save(agg::Saving& to) const {
  to.byte(static_cast<uint8_t>(kind));
  to.byte(static_cast<uint8_t>(clock));
  if (kind == Kind::kSession) {
    to.number(static_cast<uint64_t>(gap_us));
    return;
  }
  to.number(static_cast<uint64_t>(length_us));
  to.number(static_cast<uint64_t>(offset_us));
  to.integer(align_us);
}

void Spec::check_saved(agg::Loading& from) const {
  const auto differs = [&](const std::string& was, const std::string& is) {
    from.refuse("it was saved with " + was + ", and the manifest now says " + is +
                "; say the former again, or begin anew without the recovery store");
  };
  const auto is_kind = static_cast<size_t>(kind), is_clock = static_cast<size_t>(clock);
  const size_t was_kind = from.byte(), was_clock = from.byte();
  if (was_kind > 2 || was_clock > 2)
    from.refuse("it is of windows that this version does not know");
  if (was_kind != is_kind) {
    differs(std::string("kind = \"") + kKinds[was_kind] + "\"",
            std::string("kind = \"") + kKinds[is_kind] + "\"");
  }
  if (was_clock != is_clock) {
    differs(std::string("clock = ") + kClocks[was_clock],
            std::string("clock = ") + kClocks[is_clock]);
  }
  const auto same = [&](const char* option, uint64_t was, int64_t is) {
    if (was == static_cast<uint64_t>(is)) return;
    const auto text = [&](int64_t us) {
      return std::string(option) + " = \"" + duration_text(us) + "\"";
    };
    differs(text(static_cast<int64_t>(was)), text(is));
  };
  if (kind == Kind::kSession) {
    same("gap", from.number(), gap_us);
    return;
  }
  same("length", from.number(), length_us);
  same("offset", from.number(), offset_us);
  if (const int64_t was = from.integer(); was != align_us) {
    std::string before = "align_to = ", now = before;
    TimeText().append(before, was);
    TimeText().append(now, align_us);
    differs(before, now);
  }
}

std::vector<Option> window_options() {
  return {
      option("window", Type::table, "which records belong together")
          .required()
          .fields(
              {option("kind", Type::string,
                      "windows side by side, overlapping ones, or as long as records keep coming")
                   .required()
                   .choices({"tumbling", "sliding", "session"}),
               option("length", Type::duration,
                      "tumbling, sliding: from open (inclusive) to close (exclusive)")
                   .at_least(1)
                   .at_most(kLongest),
               option("offset", Type::duration,
                      "sliding: from one opening to the next, at most `length`")
                   .at_least(1)
                   .at_most(kLongest),
               option("align_to", Type::time,
                      "tumbling, sliding: window 0 opens here; 1970-01-01T00:00:00Z when nothing "
                      "is said"),
               option("gap", Type::duration,
                      "session: records of a key that are no further apart than this are in one "
                      "session")
                   .at_least(0)
                   .at_most(kLongest)}),
      option("clock", Type::table,
             "what tells that a window is over; the event time of the stream "
             "when nothing is said")
          .fields(
              {option("kind", Type::string,
                      "\"event\": the time in the records; \"system\": the time of their arrival")
                   .otherwise("event")
                   .choices({"event", "system"}),
               option("per", Type::string,
                      "event: \"stream\" (the default) goes by the step's watermark, \"key\" "
                      "has one for each key")
                   .choices({"stream", "key"}),
               option("wait", Type::duration,
                      "per key: how long to wait for records that are out of order; 0s when "
                      "nothing is said")
                   .at_least(0)}),
      option(
          "allowed_lateness", Type::duration,
          "take records that are this much behind the watermark; their windows are put out again")
          .otherwise("0s")
          .at_least(0),
      option("early", Type::duration,
             "put out partial results of windows that have changed, this long after the first "
             "change, by the wall clock; 0s: none")
          .otherwise("0s")
          .at_least(0),
      option("ordered", Type::boolean,
             "hold records back until the watermark has passed them, and take them in the order of "
             "their event time")
          .otherwise("false")};
}

}  // namespace streamhost::window
