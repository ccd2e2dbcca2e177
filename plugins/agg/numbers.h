// count, sum, min, max, mean, stddev: states of a few bytes, and no allocation on the way.
#pragma once

#include <cmath>

#include "common/extreme.h"
#include "common/sum.h"
#include "input.h"

namespace streamhost::agg {

// How many records there are, or how many have the field.
class Count {
 public:
  static constexpr const char* kName = "agg.count";
  struct State {
    uint64_t n;
  };

  explicit Count(const Config& config) : all_(config.str("of").empty()), input_(config) {}

  void add(States<State> states, const sh_record* records, uint32_t count);
  void merge(State& into, const State& from) { into.n += from.n; }
  void finish(const State& state, std::string& json);
  void save(const State& state, Saving& to) { to.number(state.n); }
  State restore(Loading& from) { return {from.number()}; }

 private:
  bool all_;
  Input input_;
};

// Exact for short decimals, see common/sum.h. The sum of nothing is 0.
class SumOf {
 public:
  static constexpr const char* kName = "agg.sum";
  using State = plugin_common::Sum;

  explicit SumOf(const Config& config) : input_(config) {}

  void add(States<State> states, const sh_record* records, uint32_t count);
  void merge(State& into, const State& from) { into.merge(from); }
  void finish(const State& state, std::string& json);
  void save(const State& state, Saving& to);
  State restore(Loading& from);

 private:
  Input input_;
};

// The mean of what SumOf adds; null for nothing.
class Mean : public SumOf {
 public:
  static constexpr const char* kName = "agg.mean";
  using SumOf::SumOf;

  void finish(const State& state, std::string& json);
};

// The least or greatest number; null for nothing.
template <bool kGreatest>
class ExtremeOf {
 public:
  static constexpr const char* kName = kGreatest ? "agg.max" : "agg.min";
  using State = plugin_common::Extreme<kGreatest>;

  explicit ExtremeOf(const Config& config) : input_(config) {}

  void add(States<State> states, const sh_record* records, uint32_t count);
  void merge(State& into, const State& from) { into.merge(from); }
  void finish(const State& state, std::string& json);
  // nothing, or 0 and a double, or 1 and an integer
  void save(const State& state, Saving& to);
  State restore(Loading& from);

 private:
  Input input_;
};

using Min = ExtremeOf<false>;
using Max = ExtremeOf<true>;

// The standard deviation, by the updates of Welford (1962), merged as in Chan, Golub, LeVeque
// (1979): the squares of differences are added, never differences of squares.
class Stddev {
 public:
  static constexpr const char* kName = "agg.stddev";
  struct State {
    uint64_t n;
    double mean;
    double squares;  // of the differences from the mean
  };

  explicit Stddev(const Config& config)
      : sample_(config.find("kind") != "population"), input_(config) {}

  void add(States<State> states, const sh_record* records, uint32_t count);
  void merge(State& into, const State& from);
  // Null for nothing, and for a sample of one.
  void finish(const State& state, std::string& json);
  void save(const State& state, Saving& to);
  State restore(Loading& from);

 private:
  bool sample_;
  Input input_;
};

// Appends the shortest text that reads back as the same double; "null" for what JSON cannot say.
void append_double(std::string& json, double value);

}  // namespace streamhost::agg
