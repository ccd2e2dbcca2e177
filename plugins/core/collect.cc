#include "collect.h"

#include "common/json_text.h"
#include "due.h"

namespace streamhost::core {
namespace {

// An array that long is put out even when it is not full yet: a value has to fit into 32 bits.
constexpr size_t kMostBytes = size_t{64} << 20;

// What save() writes before the items.
struct Saved {
  uint64_t count;
  int64_t event_time_us;
};

}  // namespace

Collect::Collect(const Context& ctx, const Config& config)
    : ctx_(ctx),
      timeout_us_(config.integer("timeout")),
      max_size_(static_cast<uint64_t>(config.integer("max_size"))),
      as_text_(config.find("values") == "text") {}

void Collect::process(const Batch& in, States<State> states, Out& out) {
  emptied_.clear();
  for (uint32_t i = 0; i < in.size(); ++i) {
    const Record r = in[i];
    State& s = states[i];
    if (s.count++ == 0) {
      if (timeout_us_ != 0) ctx_.timer_set(s, SH_CLOCK_SYSTEM, due_us(ctx_.now_us(), timeout_us_));
    } else {
      s.items += ',';
    }
    if (!r.has_value()) {
      s.items += "null";
    } else if (as_text_) {
      plugin_common::append_json_string(s.items, r.value());
    } else {
      plugin_common::append_json_or_string(s.items, r.value());
    }
    s.event_time_us = std::max(s.event_time_us, r.raw().event_time_us);
    if (s.count < max_size_ && s.items.size() < kMostBytes) continue;
    put_out(r.key(), s, out);
    if (timeout_us_ != 0) ctx_.timer_clear(s, SH_CLOCK_SYSTEM);
    emptied_.push_back(&s);
  }
  // Not earlier: a key that was emptied may have come up again further on in the batch.
  for (State* s : emptied_) {
    if (s->count == 0) ctx_.discard(*s);
  }
}

void Collect::on_timer(std::string_view key, State& state, int64_t, uint64_t, Out& out) {
  if (state.count != 0) put_out(key, state, out);
  ctx_.discard(state);
}

void Collect::on_end(std::string_view key, State& state, Out& out) {
  if (state.count != 0) put_out(key, state, out);
}

void Collect::put_out(std::string_view key, State& state, Out& out) {
  const size_t size = state.items.size() + 2;
  char* const to = out.room(size);
  to[0] = '[';
  std::memcpy(to + 1, state.items.data(), state.items.size());
  to[size - 1] = ']';
  out.keep(size);
  const std::string_view key_copy = out.copy(key);
  sh_record r{};
  r.key = to_bytes(key_copy).ptr;
  r.key_len = static_cast<uint32_t>(key_copy.size());
  r.value = reinterpret_cast<const uint8_t*>(to);
  r.value_len = static_cast<uint32_t>(size);
  r.event_time_us = state.event_time_us;
  out.push(r);
  state.items.clear();
  state.count = 0;
  state.event_time_us = SH_NO_TIME;
}

void Collect::save(const State& state, Writer& to) {
  const Saved head{state.count, state.event_time_us};
  std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
  to.write(bytes += state.items);
}

Collect::State Collect::restore(std::string_view saved, uint32_t) {
  Saved head{};
  if (saved.size() < sizeof head) throw state_error("a saved array of core.collect is cut short");
  std::memcpy(&head, saved.data(), sizeof head);
  return {std::string(saved.substr(sizeof head)), head.count, head.event_time_us};
}

}  // namespace streamhost::core
