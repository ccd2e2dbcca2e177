// dedupe: the first record of each key, or of each value of a key, and none of its repeats.
#pragma once

#include <streamhost/sdk.hpp>

#include <memory>
#include <vector>

#include "due.h"
#include "seen_values.h"

namespace streamhost::core {

// A repeat is a record that comes less than `ttl` after the one that passed, by the wall clock.
// When that time is over for all that a state holds, the state is gone.
class Dedupe {
 public:
  struct State {
    int64_t passed_us = SH_NO_TIME;      // by key
    std::unique_ptr<SeenValues> values;  // by value
  };

  Dedupe(const Context& ctx, const Config& config);

  void process(const Batch& in, States<State> states, Out& out);
  void on_timer(std::string_view key, State& state, int64_t at_us, uint64_t tag, Out& out);
  void save(const State& state, Writer& to);
  // Throws when the manifest said another `by` when it was saved.
  State restore(std::string_view saved, uint32_t version);

 private:
  bool first_of_key(State& state, int64_t now_us);
  bool first_of_value(State& state, const Record& record, int64_t now_us);
  bool over(int64_t passed_us, int64_t now_us) const {
    return ttl_us_ != 0 && now_us >= due_us(passed_us, ttl_us_);
  }

  Context ctx_;
  int64_t ttl_us_;  // 0: for ever
  bool by_value_;
  std::vector<uint32_t> passed_;  // kept for its memory
};

Component dedupe_component();

}  // namespace streamhost::core
