// The plugin `crash`: what the jobs of the crash tests need and no other plugin has. It is built
// twice, with another state version (CRASH_STATE_VERSION), to try what an upgrade does.
#include <streamhost/sdk.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace sh = streamhost;

namespace {

// Counts the records of each key and puts out each of them with its number among them: a record
// or a state that is lost or counted twice can be seen in every line that follows.
struct Running {
  struct State {
    uint64_t seen;
  };
  static constexpr uint32_t state_version = CRASH_STATE_VERSION;

  void process(const sh::Batch& in, sh::States<State> states, sh::Out& out) {
    for (uint32_t i = 0; i < in.size(); ++i) {
      const sh::Record record = in[i];
      text_.assign(record.value()).append("\t").append(std::to_string(++states[i].seen));
      out.emit(record.key(), text_);
    }
  }
  void save(const State& state, sh::Writer& to) { to.write(std::to_string(state.seen)); }
  State restore(std::string_view saved, uint32_t) {
    State state{};
    std::from_chars(saved.data(), saved.data() + saved.size(), state.seen);
    return state;
  }

 private:
  std::string text_;
};

// Counts the records of each key and span of event time, and puts the count out when an event timer
// at the end of the span rings; each line also says which ring of the key it is.
struct Alarms {
  struct State {
    std::map<int64_t, uint64_t> open;  // by number of the span
    uint64_t rung = 0;
  };

  Alarms(const sh::Context& context, const sh::Config& config)
      : ctx(context), span_us(config.integer("span")) {}

  void process(const sh::Batch& in, sh::States<State> states, sh::Out&) {
    for (uint32_t i = 0; i < in.size(); ++i) {
      const int64_t span = in.raw().records[i].event_time_us / span_us;
      if (states[i].open[span]++ != 0) continue;
      ctx.timer_set(states[i], SH_CLOCK_EVENT, (span + 1) * span_us, static_cast<uint64_t>(span));
    }
  }
  void on_timer(std::string_view key, State& state, int64_t, uint64_t tag, sh::Out& out) {
    const auto it = state.open.find(static_cast<int64_t>(tag));
    if (it == state.open.end()) throw std::runtime_error("a timer rang twice");
    out.emit(key, std::to_string(tag) + " " + std::to_string(it->second) + " " +
                      std::to_string(++state.rung));
    state.open.erase(it);
  }
  void save(const State& state, sh::Writer& to) {
    std::string text = std::to_string(state.rung);
    for (const auto& [span, count] : state.open) {
      text += " " + std::to_string(span) + " " + std::to_string(count);
    }
    to.write(text);
  }
  State restore(std::string_view saved, uint32_t) {
    State state;
    std::istringstream text{std::string(saved)};
    text >> state.rung;
    int64_t span = 0;
    for (uint64_t count = 0; text >> span >> count;) state.open[span] = count;
    return state;
  }

  sh::Context ctx;
  int64_t span_us;
};

// How many times slower than said; from CRASH_SLOWER, since all processes of a cluster must agree on
// what the manifest says, and a comparison run should not take as long.
int slower() {
  const char* times = std::getenv("CRASH_SLOWER");
  return times == nullptr ? 1 : std::max(1, std::atoi(times));
}

// Lets through one batch in a given time, so that a small input takes many epochs. Sleeps only when
// it is ahead, so that a clock of coarse ticks makes it no slower.
struct Pace {
  using Clock = std::chrono::steady_clock;

  Pace(const sh::Context&, const sh::Config& config)
      : per_batch(config.integer("per_batch") * slower()) {}

  void process(const sh::Batch& in, sh::Out& out) {
    const auto now = Clock::now();
    due = std::max(due, now - std::chrono::milliseconds(10)) + per_batch;
    if (due > now) std::this_thread::sleep_until(due);
    out.forward(in);
  }

  std::chrono::microseconds per_batch;
  Clock::time_point due;
};

}  // namespace

SH_PLUGIN("crash", "1.0.0", "Apache-2.0",
          sh::keyed<Running>("running").summary("Numbers the records of each key"),
          sh::keyed<Running>("walking").summary("The same by another name"),
          sh::keyed<Alarms>("alarms")
              .summary("Counts the records of each key and span of event time")
              .options({sh::option("span", sh::Type::duration, "how long a span is")
                            .otherwise("10s")
                            .at_least(1)}),
          sh::op<Pace>("pace")
              .summary("Lets through one batch in a given time")
              .options({sh::option("per_batch", sh::Type::duration, "the time").otherwise("1ms")}))
