// quantile: the median, the 99th percentile, or several at once.
#pragma once

#include "dd_sketch.h"
#include "input.h"

namespace streamhost::agg {

class Quantile {
 public:
  static constexpr const char* kName = "agg.quantile";
  using State = DdSketch;

  explicit Quantile(const Config& config);

  void add(States<State> states, const sh_record* records, uint32_t count);
  void merge(State& into, const State& from) { into.merge(scale_, from); }
  // One number, or for several q an array in their order; null instead of each number for nothing.
  void finish(const State& state, std::string& json);
  void save(const State& state, Saving& to) { state.save(scale_, to); }
  State restore(Loading& from) { return DdSketch::restore(scale_, from); }

 private:
  std::vector<double> q_;
  DdScale scale_;
  Input input_;
};

}  // namespace streamhost::agg
