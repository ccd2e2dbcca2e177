// collect: the values themselves, as a list or as a set.
#pragma once

#include "input.h"
#include "text_set.h"

namespace streamhost::agg {

class Collect {
 public:
  static constexpr const char* kName = "agg.collect";
  struct State {
    // The list: for each value its length as in saved.h, then its JSON text.
    std::string list;
    uint64_t count = 0;
    TextSet set;
  };

  explicit Collect(const Config& config);

  void add(States<State> states, const sh_record* records, uint32_t count);
  void merge(State& into, const State& from);
  // A JSON array: a list in the order of arrival, a set in the order of json_less().
  void finish(const State& state, std::string& json);
  // "l", count and the list; or "s" and the set; nothing when it is empty
  void save(const State& state, Saving& to);
  State restore(Loading& from);

 private:
  // False when the list is full.
  static bool put(State& state, std::string_view json);
  void add_to_list(State& state, const Value& value);
  void add_to_set(State& state, const Value& value);
  // A set with a limit keeps up to twice as many before it forgets the greatest.
  void trim(State& state) const;

  bool as_set_;
  uint64_t limit_;
  Input input_;
  std::string scratch_;
};

}  // namespace streamhost::agg
