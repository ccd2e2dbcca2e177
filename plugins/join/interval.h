// join.interval: pairs of records of two inputs whose event times are close to each other.
#pragma once

#include <streamhost/sdk.hpp>

#include <string>
#include <vector>

#include "common/clock_option.h"
#include "common/event_time.h"
#include "common/sides.h"
#include "lane.h"

namespace streamhost::join {

// A record of the second input, at t2, matches those of the first for which
// t1 - before <= t2 <= t1 + after. A pair is put out as soon as both are there. A record is kept
// until the watermark says that nothing can match it any more; if nothing has, and `mode` asks for
// it, it is then put out with null beside it. When a key has no records its state is discarded.
//
// A key has one timer: when the first of its records goes.
class Interval {
 public:
  struct State {
    plugin_common::KeyClock clock;  // with a clock per key
    Lane lanes[2];
    // The least of its records' expiries, so that most calls need not look at them; kNever when
    // there are none.
    int64_t next_us = plugin_common::kNever;
    int64_t timer_us = plugin_common::kNever;  // where the timer is, or later than it is

    bool empty() const { return next_us == plugin_common::kNever; }
  };

  Interval(const Context& ctx, const Config& config);

  void process(const Batch& in, States<State> states, Out& out);
  void on_timer(std::string_view key, State& state, int64_t at_us, uint64_t tag, Out& out);
  void on_end(std::string_view key, State& state, Out& out);
  void save(const State& state, Writer& to);
  State restore(std::string_view saved, uint32_t version);

 private:
  // Whose rows are being put out: memory that may be, made when it is needed.
  struct Key {
    std::string_view text;
    uint64_t hash;
    bool owned;  // may be pointed at
  };

  void take(const Record& record, uint32_t side, State& state, Out& out);
  int64_t watermark(const State& state) const;
  // Drops, and puts out if they are to be, the records that nothing can match at this watermark.
  void expire(State& state, int64_t watermark, Key& key, Out& out);
  // When a record of this side, of this time, can match nothing any more: at the watermark of ...
  int64_t expiry(uint32_t side, int64_t time_us) const;
  void keep(State& state, uint32_t side, int64_t time_us, std::string_view json,
            bool matched) const;
  // Sets the timer when it would come too late.
  void arm(State& state) const;
  void put_out(std::string_view left, std::string_view right, int64_t time_us, Key& key,
               Out& out) const;

  Context ctx_;
  plugin_common::SideRules names_;
  plugin_common::ClockChoice clock_;
  int64_t reach_us_[2];  // how much later than itself a record's match may be: after, before
  bool alone_[2];        // whether a side's records without a match are put out
  int64_t now_us_ = 0;   // of the running call
  std::string json_;
  std::vector<sh_record> late_;
  std::vector<State*> emptied_;
};

Component interval_component();

}  // namespace streamhost::join
