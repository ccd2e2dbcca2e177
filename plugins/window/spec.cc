#include "spec.h"

#include "agg/saved.h"
#include "time_text.h"

namespace streamhost::window {
namespace {

using plugin_common::duration_text;

constexpr const char* kKinds[] = {"tumbling", "sliding", "session"};
constexpr auto kLongest = static_cast<double>(Grid::kLongest);

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

}  // namespace

Spec Spec::of(const Context& ctx, const Config& config) {
  Spec spec;
  read_window(config.table("window").value(), spec);
  const auto clock = plugin_common::ClockChoice::of(ctx, config);
  spec.clock = clock.kind;
  spec.wait_us = clock.wait_us;
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
                "; say the former again, or discard the step's states with --drop-state");
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
    differs(std::string("clock = ") + text_of(static_cast<Clock>(was_clock)),
            std::string("clock = ") + text_of(clock));
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
      plugin_common::clock_option(
          "what tells that a window is over; the event time of the stream when nothing is said"),
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
