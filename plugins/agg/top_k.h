// top_k: the k largest or smallest, exactly.
#pragma once

#include <vector>

#include "input.h"

namespace streamhost::agg {

class TopK {
 public:
  static constexpr const char* kName = "agg.top_k";

  // What entries are ordered by: an integer exactly, any other number as a double.
  struct Rank {
    int64_t whole;
    double real;
    bool is_whole;
  };
  struct Entry {
    Rank rank;
    std::string json;
  };
  // Best first; of equal ranks, the entry of which the text is less.
  struct State {
    std::vector<Entry> entries;
  };

  explicit TopK(const Config& config);

  void add(States<State> states, const sh_record* records, uint32_t count);
  void merge(State& into, State& from);
  // A JSON array, best first.
  void finish(const State& state, std::string& json);
  // "<" or ">", the k it was kept with, the number of entries, and for each 1 and an integer or 0
  // and a double, and its JSON text; nothing when it is empty
  void save(const State& state, Saving& to);
  State restore(Loading& from);

 private:
  // Below 0: `a` comes before `b`.
  int compare(const Rank& a, const Rank& b) const;
  bool before(const Entry& a, const Entry& b) const;
  // Whether something of this rank may have a place.
  bool may_enter(const State& state, const Rank& rank) const;
  void insert(State& state, Entry entry) const;

  size_t k_;
  bool largest_;
  Input input_;
};

}  // namespace streamhost::agg
