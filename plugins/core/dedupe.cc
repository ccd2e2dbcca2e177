#include "dedupe.h"

#include <cstring>

namespace streamhost::core {
namespace {

// The most that is kept for one key, with by = "value".
constexpr size_t kMostBytes = size_t{64} << 20;

// What a saved state begins with.
enum : char { kByKey = 'k', kByValue = 'v' };

}  // namespace

Dedupe::Dedupe(const Context& ctx, const Config& config)
    : ctx_(ctx), ttl_us_(config.integer("ttl")), by_value_(config.find("by") == "value") {}

void Dedupe::process(const Batch& in, States<State> states, Out& out) {
  const int64_t now_us = ctx_.now_us();
  passed_.clear();
  each_record(ctx_, in, out, [&](const Record& r, uint32_t i) {
    if (by_value_ ? first_of_value(states[i], r, now_us) : first_of_key(states[i], now_us)) {
      passed_.push_back(i);
    }
  });
  if (passed_.size() == in.size()) return out.forward(in);
  for (const uint32_t i : passed_) out.push(in.raw().records[i]);
}

bool Dedupe::first_of_key(State& s, int64_t now_us) {
  if (s.passed_us != SH_NO_TIME && !over(s.passed_us, now_us)) return false;
  s.passed_us = now_us;
  if (ttl_us_ != 0) ctx_.timer_set(s, SH_CLOCK_SYSTEM, due_us(now_us, ttl_us_));
  return true;
}

bool Dedupe::first_of_value(State& s, const Record& r, int64_t now_us) {
  if (s.values == nullptr) s.values = std::make_unique<SeenValues>();
  if (ttl_us_ != 0) s.values->forget(now_us - ttl_us_);
  const bool alone = s.values->empty();
  const auto value = r.has_value() ? SeenValues::Value(r.value()) : std::nullopt;
  if (!alone && s.values->bytes() + SeenValues::bytes_of(value) > kMostBytes &&
      !s.values->contains(value)) {
    throw bad_data(
        "the different values of this key take 64 MiB, the most that is kept for one key: give a "
        "shorter ttl, or make the value the key (core.key_on) and dedupe by key");
  }
  if (!s.values->add(value, now_us)) return false;
  // One timer, for the oldest; it goes on to the next one itself.
  if (ttl_us_ != 0 && alone) ctx_.timer_set(s, SH_CLOCK_SYSTEM, due_us(now_us, ttl_us_));
  return true;
}

void Dedupe::on_timer(std::string_view, State& s, int64_t, uint64_t, Out&) {
  if (ttl_us_ == 0) return;  // it was set in a run that had a ttl
  const int64_t now_us = ctx_.now_us();
  if (!by_value_) {
    if (over(s.passed_us, now_us)) return ctx_.discard(s);
    return ctx_.timer_set(s, SH_CLOCK_SYSTEM, due_us(s.passed_us, ttl_us_));
  }
  if (s.values != nullptr) s.values->forget(now_us - ttl_us_);
  if (s.values == nullptr || s.values->empty()) return ctx_.discard(s);
  ctx_.timer_set(s, SH_CLOCK_SYSTEM, due_us(s.values->oldest_us(), ttl_us_));
}

void Dedupe::save(const State& s, Writer& to) {
  std::string text(1, by_value_ ? kByValue : kByKey);
  if (!by_value_) {
    text.append(reinterpret_cast<const char*>(&s.passed_us), sizeof s.passed_us);
  } else if (s.values != nullptr) {
    s.values->save(text);
  }
  to.write(text);
}

Dedupe::State Dedupe::restore(std::string_view saved, uint32_t) {
  const char kind = saved.empty() ? '\0' : saved.front();
  if (kind == (by_value_ ? kByKey : kByValue)) {
    throw state_error(std::string("the saved state is of by = \"") + (by_value_ ? "key" : "value") +
                      "\", and the manifest says another; say that again, or discard the step's "
                      "states with --drop-state");
  }
  State state;
  if (kind == kByKey && saved.size() == 1 + sizeof state.passed_us) {
    std::memcpy(&state.passed_us, saved.data() + 1, sizeof state.passed_us);
    return state;
  }
  state.values = std::make_unique<SeenValues>();
  if (kind != kByValue || !state.values->load(saved.substr(1))) {
    throw state_error("a saved state is cut off, or no state of core.dedupe");
  }
  return state;
}

Component dedupe_component() {
  return keyed<Dedupe>("dedupe")
      .summary("Passes the first record of each key, and drops its repeats")
      .options({option("by", Type::string,
                       "what makes a repeat: \"key\": the same key; \"value\": the same key and "
                       "value")
                    .otherwise("key")
                    .choices({"key", "value"}),
                option("ttl", Type::duration,
                       "how long repeats are dropped, from the record that passed, by the wall "
                       "clock; 0s: for ever")
                    .otherwise("0s")
                    .at_least(0)});
}

}  // namespace streamhost::core
