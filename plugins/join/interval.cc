#include "interval.h"

#include <algorithm>
#include <cstring>

#include "agg/saved.h"
#include "common/json_text.h"

namespace streamhost::join {
namespace {

using plugin_common::ClockKind;
using plugin_common::kNever;
using plugin_common::minus;
using plugin_common::plus;
using plugin_common::SideRules;
using plugin_common::within;

constexpr uint32_t kLatePort = 1;
constexpr const char* kName = "join.interval";

}  // namespace

Interval::Interval(const Context& ctx, const Config& config)
    : ctx_(ctx),
      names_(config, plugin_common::Insert::kProduct, 0),
      clock_(plugin_common::ClockChoice::of(ctx, config)),
      reach_us_{config.integer("after"), config.integer("before")} {
  if (names_.count() != 2) {
    throw config_error("an interval join has two inputs, and `from` names " +
                       std::to_string(names_.count()) + ": join the third in a step of its own");
  }
  if (!config.has("before") && !config.has("after")) {
    throw config_error(
        "say how far apart two records may be, by before = \"1m\", after = \"1m\" or both: how "
        "much "
        "earlier and how much later than a record of " +
        names_.names()[0] + " one of " + names_.names()[1] + " may be");
  }
  const auto mode = plugin_common::join_mode_of(config.str("mode"));
  alone_[0] = mode != plugin_common::JoinMode::kInner;
  alone_[1] = mode == plugin_common::JoinMode::kOuter;
}

void Interval::process(const Batch& in, States<State> states, Out& out) {
  // Arrival times, and clocks that go on with the wall clock, do not go back when it is set back.
  now_us_ = std::max(now_us_, ctx_.now_us());
  late_.clear();
  emptied_.clear();
  for (uint32_t i = 0; i < in.size(); ++i) {
    State& state = states[i];
    take(in[i], in.port(), state, out);
    if (state.empty()) {
      emptied_.push_back(&state);
    } else {
      arm(state);
    }
  }
  // Not earlier: a key that was empty may have come up again further on in the batch.
  for (State* state : emptied_) {
    if (state->empty()) ctx_.discard(*state);
  }
  if (late_.empty()) return;
  out.port(kLatePort);
  for (const sh_record& record : late_) out.push(record);
  out.port(0);
}

void Interval::take(const Record& record, uint32_t side, State& state, Out& out) {
  const sh_record& raw = record.raw();
  const auto reject = [&](std::string_view why) {
    out.flush();
    ctx_.reject(raw, why);
  };
  if (clock_.kind != ClockKind::kSystem && raw.event_time_us == SH_NO_TIME) {
    return reject(
        "it has no event time, by which this join goes: set one before it (json.extract with "
        "`time`), or say clock = { kind = \"system\" }");
  }
  const int64_t time = clock_.kind == ClockKind::kSystem ? now_us_ : within(raw.event_time_us);
  int64_t now = watermark(state);
  if (clock_.kind != ClockKind::kSystem && time < std::min(now, plugin_common::kLatest - 1)) {
    late_.push_back(raw);
    return;
  }
  json_.clear();
  if (!record.has_value()) {
    json_ = "null";
  } else if (record.value().size() <= SideRules::kLongestValue) {
    plugin_common::append_json_or_string(json_, record.value());
  }
  if (json_.empty() || json_.size() > SideRules::kLongestValue) {
    return reject("its value of " + std::to_string(record.value().size()) +
                  " bytes is too long to be joined; at most 64 MiB");
  }
  Key key{record.key(), raw.key_hash, true};
  if (clock_.kind == ClockKind::kKey) now = state.clock.see(time, clock_.wait_us, now_us_, now);
  expire(state, now, key, out);
  const auto matches =
      state.lanes[1 - side].between(minus(time, reach_us_[1 - side]), plus(time, reach_us_[side]));
  for (Lane::Entry& other : matches) {
    other.matched = true;
    const std::string_view json = json_;
    put_out(side == 0 ? json : other.json(), side == 0 ? other.json() : json,
            std::max(time, other.time_us), key, out);
  }
  keep(state, side, time, json_, !matches.empty());
}

int64_t Interval::watermark(const State& state) const {
  switch (clock_.kind) {
    case ClockKind::kKey: return state.clock.watermark(now_us_);
    case ClockKind::kSystem: return now_us_;
    case ClockKind::kStream: break;
  }
  return ctx_.watermark_us();
}

int64_t Interval::expiry(uint32_t side, int64_t time_us) const {
  return plus(plus(time_us, reach_us_[side]), 1);
}

void Interval::keep(State& state, uint32_t side, int64_t time_us, std::string_view json,
                    bool matched) const {
  state.lanes[side].add(time_us, json, matched);
  state.next_us = std::min(state.next_us, expiry(side, time_us));
}

void Interval::expire(State& state, int64_t watermark, Key& key, Out& out) {
  while (!state.empty() && state.next_us <= watermark) {
    Lane* const lanes = state.lanes;
    const auto next_of = [&](uint32_t side) {
      return lanes[side].empty() ? kNever : expiry(side, lanes[side].front().time_us);
    };
    const uint32_t side = next_of(0) == state.next_us ? 0 : 1;
    const Lane::Entry& entry = lanes[side].front();
    // Its event time is the last at which a match could have come, so that it is late nowhere.
    if (!entry.matched && alone_[side]) {
      put_out(side == 0 ? entry.json() : "null", side == 0 ? "null" : entry.json(),
              minus(state.next_us, 1), key, out);
    }
    lanes[side].pop();
    state.next_us = std::min(next_of(0), next_of(1));
  }
}

void Interval::arm(State& state) const {
  const int64_t at =
      clock_.kind == ClockKind::kKey ? state.clock.reaches(state.next_us) : state.next_us;
  if (at >= state.timer_us) return;
  ctx_.timer_set(state, clock_.kind == ClockKind::kStream ? SH_CLOCK_EVENT : SH_CLOCK_SYSTEM, at);
  state.timer_us = at;
}

void Interval::on_timer(std::string_view key, State& state, int64_t, uint64_t, Out& out) {
  now_us_ = std::max(now_us_, ctx_.now_us());
  state.timer_us = kNever;
  Key whose{key, 0, false};
  expire(state, watermark(state), whose, out);
  if (state.empty()) {
    ctx_.discard(state);
  } else {
    arm(state);
  }
}

void Interval::on_end(std::string_view key, State& state, Out& out) {
  Key whose{key, 0, false};
  expire(state, INT64_MAX, whose, out);
}

void Interval::put_out(std::string_view left, std::string_view right, int64_t time_us, Key& key,
                       Out& out) const {
  if (!key.owned) {
    key.text = out.copy(key.text);
    key.owned = true;
  }
  const std::string_view leads[2] = {names_.lead(0), names_.lead(1)};
  const size_t size = leads[0].size() + left.size() + leads[1].size() + right.size() + 1;
  char* const row = out.room(size);
  char* to = row;
  for (const std::string_view part : {leads[0], left, leads[1], right}) {
    std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
  *to = '}';
  out.keep(size);
  sh_record r{};
  r.key = to_bytes(key.text).ptr;
  r.key_len = static_cast<uint32_t>(key.text.size());
  r.key_hash = key.hash;
  r.value = reinterpret_cast<const uint8_t*>(row);
  r.value_len = static_cast<uint32_t>(size);
  r.event_time_us = time_us;
  out.push(r);
}

// A saved state (number, integer: see agg/saved.h), version 1:
//
//   state = names (number, a hash of them), clock u8, number before, number after,
//           [watermark integer,]                        of a clock per key
//           side, side
//   side  = number count, count of (time integer, less the one before; matched u8; text)
void Interval::save(const State& state, Writer& to) {
  agg::Saving saving;
  saving.number(names_.fingerprint());
  saving.byte(static_cast<uint8_t>(clock_.kind));
  saving.number(static_cast<uint64_t>(reach_us_[1]));
  saving.number(static_cast<uint64_t>(reach_us_[0]));
  if (clock_.kind == ClockKind::kKey) {
    saving.integer(state.clock.watermark(std::max(now_us_, ctx_.now_us())));
  }
  for (const Lane& lane : state.lanes) {
    saving.number(lane.size());
    uint64_t before = 0;  // unsigned: differences of any two times are well defined
    for (const Lane::Entry& entry : lane.all()) {
      saving.integer(static_cast<int64_t>(static_cast<uint64_t>(entry.time_us) - before));
      saving.byte(entry.matched ? 1 : 0);
      saving.text(entry.json());
      before = static_cast<uint64_t>(entry.time_us);
    }
  }
  to.write(saving.bytes());
}

Interval::State Interval::restore(std::string_view saved, uint32_t) {
  agg::Loading from(saved, kName);
  State state;
  const auto differs = [&](const std::string& was, const std::string& is) {
    from.refuse("it was saved with " + was + ", and the manifest now says " + is +
                "; say the former again, or discard the step's states with --drop-state");
  };
  if (from.number() != names_.fingerprint()) {
    from.refuse("it was saved for inputs of other names, or in another order, than " +
                names_.names()[0] + ", " + names_.names()[1] +
                "; name them in `from` as they were");
  }
  const uint8_t was_clock = from.byte();
  if (was_clock > 2) from.refuse("it has a clock that this version does not know");
  if (was_clock != static_cast<uint8_t>(clock_.kind)) {
    differs(std::string("clock = ") + text_of(static_cast<ClockKind>(was_clock)),
            std::string("clock = ") + text_of(clock_.kind));
  }
  for (const uint32_t side : {1u, 0u}) {
    const char* const option = side == 1 ? "before = " : "after = ";
    const uint64_t was = from.number();
    if (was == static_cast<uint64_t>(reach_us_[side])) continue;
    const auto text = [&](int64_t us) {
      return option + ("\"" + plugin_common::duration_text(us) + "\"");
    };
    differs(text(static_cast<int64_t>(was)), text(reach_us_[side]));
  }
  if (clock_.kind == ClockKind::kKey) {
    // Time did not pass for the key while the job was not running: what waits at the sources would
    // be late otherwise.
    state.clock.base_us = from.integer();
    state.clock.seen_us = std::max(now_us_, ctx_.now_us());
  }
  for (const uint32_t side : {0u, 1u}) {
    const uint64_t count = from.number();
    uint64_t time = 0;
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t last = time;
      time += static_cast<uint64_t>(from.integer());
      const auto time_us = static_cast<int64_t>(time);
      if (time_us != within(time_us) || (i != 0 && time_us < static_cast<int64_t>(last))) {
        from.refuse("its times are out of order");
      }
      const uint8_t matched = from.byte();
      if (matched > 1) from.refuse("it is damaged");
      keep(state, side, time_us, from.json(), matched != 0);
    }
  }
  from.done();
  return state;
}

Component interval_component() {
  return keyed<Interval>("interval")
      .summary("Pairs the records of two inputs whose event times are close to each other")
      .any_inputs()
      .outputs({{"out", "the pairs, and what has no match if `mode` asks for it"},
                {"late", "records before the watermark, as they came"}})
      .options(
          {option("before", Type::duration,
                  "a record of the second input matches one of the first when it is at most this "
                  "much earlier than that; 0s when only `after` is said")
               .at_least(0),
           option("after", Type::duration,
                  "a record of the second input matches one of the first when it is at most this "
                  "much later than that; 0s when only `before` is said")
               .at_least(0),
           option("mode", Type::string,
                  "\"inner\": pairs alone; \"left\": also records of the first input that nothing "
                  "matched; \"outer\": of both")
               .otherwise("inner")
               .choices({"inner", "left", "outer"}),
           plugin_common::clock_option(
               "what tells that a record can match no more; the event time of "
               "the stream when nothing is said")});
}

}  // namespace streamhost::join
