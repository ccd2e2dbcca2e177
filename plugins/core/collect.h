// collect: the values of a key, gathered into JSON arrays.
#pragma once

#include <streamhost/sdk.hpp>

namespace streamhost::core {

// An array is put out when it has `max_size` values, when `timeout` has passed since its first
// value, or at the end of the input; whichever comes first.
class Collect {
 public:
  struct State {
    std::string items;  // JSON, with commas between, without brackets
    uint64_t count = 0;
    int64_t event_time_us = SH_NO_TIME;  // the latest of the values
  };

  Collect(const Context& ctx, const Config& config);

  void process(const Batch& in, States<State> states, Out& out);
  void on_timer(std::string_view key, State& state, int64_t at_us, uint64_t tag, Out& out);
  void on_end(std::string_view key, State& state, Out& out);
  void save(const State& state, Writer& to);
  State restore(std::string_view saved, uint32_t version);

 private:
  void put_out(std::string_view key, State& state, Out& out);

  Context ctx_;
  int64_t timeout_us_;  // 0: none
  uint64_t max_size_;
  bool as_text_;
  std::vector<State*> emptied_;
};

}  // namespace streamhost::core
