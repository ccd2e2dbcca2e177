// distinct: how many different values there are, exactly or about.
#pragma once

#include "hyperloglog.h"
#include "input.h"
#include "text_set.h"

namespace streamhost::agg {

class Distinct {
 public:
  static constexpr const char* kName = "agg.distinct";
  struct State {
    TextSet exact;
    std::unique_ptr<HyperLogLog> about;  // null: nothing was added, or the method is exact
  };

  explicit Distinct(const Config& config)
      : exact_(config.find("method") != "hll"),
        precision_(static_cast<uint8_t>(config.integer("precision"))),
        input_(config) {}

  void add(States<State> states, const sh_record* records, uint32_t count);
  void merge(State& into, const State& from);
  void finish(const State& state, std::string& json);
  // "e" and the set, or "h" and the sketch; nothing when it is empty
  void save(const State& state, Saving& to);
  State restore(Loading& from);

 private:
  HyperLogLog& sketch_of(State& state) const;

  bool exact_;
  uint8_t precision_;
  Input input_;
  std::string scratch_;
};

}  // namespace streamhost::agg
