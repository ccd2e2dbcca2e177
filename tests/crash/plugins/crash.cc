// The plugin `crash`: what the jobs of the crash tests need and no other plugin has. It is built
// twice, with another state version (CRASH_STATE_VERSION), to try what an upgrade does.
#include <streamhost/sdk.hpp>

#include <algorithm>
#include <chrono>
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

// Lets through one batch in a given time, so that a small input takes many epochs. Sleeps only when
// it is ahead, so that a clock of coarse ticks makes it no slower.
struct Pace {
  using Clock = std::chrono::steady_clock;

  Pace(const sh::Context&, const sh::Config& config) : per_batch(config.integer("per_batch")) {}

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
          sh::op<Pace>("pace")
              .summary("Lets through one batch in a given time")
              .options({sh::option("per_batch", sh::Type::duration, "the time").otherwise("1ms")}))
