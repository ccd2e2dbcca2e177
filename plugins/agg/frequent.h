// frequent: the values that come most often, in bounded memory.
//
// The counters of Misra and Gries, "Finding repeated elements" (1982), in the form of Agarwal et
// al., "Mergeable summaries" (PODS 2012), to which space-saving (Metwally, Agrawal, El Abbadi 2005)
// is equivalent: when there are too many counters, all are lowered by the (capacity + 1)-th
// greatest, and only those above 0 stay. A count is never too high, and with n records at most n /
// (capacity + 1) too low, merged or not; as long as no counter had to go it is exact.
#pragma once

#include <memory>
#include <vector>

#include "input.h"
#include "text_table.h"

namespace streamhost::agg {

class Frequent {
 public:
  static constexpr const char* kName = "agg.frequent";
  struct Counters {
    TextTable values;
    std::vector<uint64_t> counts;  // of each value
    uint64_t lowered = 0;          // by how much in all
  };
  struct State {
    std::unique_ptr<Counters> counters;  // null: nothing was added
  };

  explicit Frequent(const Config& config);

  void add(States<State> states, const sh_record* records, uint32_t count);
  void merge(State& into, State& from);
  // [{"value":…,"count":n,"error":e}, …]: the greatest counts first, of equal ones the least value;
  // the true count is from n to n + e.
  void finish(const State& state, std::string& json);
  // by how much they are lowered, the number of values, and each with its count, in the order of
  // their bytes; nothing when it is empty
  void save(const State& state, Saving& to);
  State restore(Loading& from);

 private:
  // Adds to one counter; false when its value has no room.
  bool count_value(State& state, std::string_view value, uint64_t times) const;
  // Lowers the counters when there are more than twice `capacity_`; so it is seldom needed.
  void fit(Counters& counters) const;

  size_t k_, capacity_;
  Input input_;
  std::string scratch_;
};

}  // namespace streamhost::agg
