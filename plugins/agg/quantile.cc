#include "quantile.h"

#include "numbers.h"

namespace streamhost::agg {

Quantile::Quantile(const Config& config)
    : scale_(config.number("accuracy"), static_cast<uint32_t>(config.integer("max_buckets"))),
      input_(config) {
  for (const std::string& text : config.list("q")) {
    Number q{};
    if (!plugin_common::parse_number(text, &q) || q.as_double() < 0 || q.as_double() > 1) {
      throw config_error("q = " + text +
                         " is not a number from 0 to 1; 0.99 is the 99th percentile");
    }
    q_.push_back(q.as_double());
  }
  if (q_.empty()) throw config_error("q names no quantile: give a number from 0 to 1, or several");
}

void Quantile::add(States<State> states, const sh_record* records, uint32_t count) {
  input_.numbers(records, count,
                 [&](uint32_t i, const Number& n) { states[i].add(scale_, n.as_double()); });
}

void Quantile::finish(const State& state, std::string& json) {
  if (q_.size() > 1) json += '[';
  for (size_t i = 0; i < q_.size(); ++i) {
    if (i != 0) json += ',';
    if (state.count() == 0) {
      json += "null";
    } else {
      append_double(json, state.quantile(scale_, q_[i]));
    }
  }
  if (q_.size() > 1) json += ']';
}

}  // namespace streamhost::agg
