#include "frequent.h"

#include <algorithm>
#include <numeric>

#include "canonical.h"

namespace streamhost::agg {
namespace {

constexpr char kFull[] =
    "the values of agg.frequent take 256 MiB together, and that is the most; lower capacity, or "
    "count something shorter";

}  // namespace

Frequent::Frequent(const Config& config)
    : k_(static_cast<size_t>(config.integer("k"))),
      capacity_(static_cast<size_t>(config.integer("capacity"))),
      input_(config) {
  if (capacity_ < k_) {
    throw config_error("capacity = " + std::to_string(capacity_) + " is less than k = " +
                       std::to_string(k_) + "; the more it is, the smaller the error");
  }
}

bool Frequent::count_value(State& state, std::string_view value, uint64_t times) const {
  if (state.counters == nullptr) state.counters = std::make_unique<Counters>();
  Counters& c = *state.counters;
  const auto number = c.values.add(value);
  if (!number) return false;
  if (*number == c.counts.size()) c.counts.push_back(0);
  c.counts[*number] += times;
  return true;
}

void Frequent::fit(Counters& counters) const {
  if (counters.counts.size() <= 2 * capacity_) return;
  std::vector<uint64_t> ordered = counters.counts;
  const auto place = ordered.begin() + static_cast<std::ptrdiff_t>(capacity_);
  std::nth_element(ordered.begin(), place, ordered.end(), std::greater<>());
  const uint64_t by = *place;
  Counters kept;
  for (uint32_t i = 0; i < counters.values.size(); ++i) {
    if (counters.counts[i] <= by) continue;
    kept.values.add(counters.values[i]);
    kept.counts.push_back(counters.counts[i] - by);
  }
  kept.lowered = counters.lowered + by;
  counters = std::move(kept);
}

void Frequent::add(States<State> states, const sh_record* records, uint32_t count) {
  input_.values(records, count, [&](const Value& value) {
    scratch_.clear();
    value.append_canonical(scratch_);
    State& s = states[value.record()];
    if (!count_value(s, scratch_, 1)) throw BadRecord(value.record(), kFull);
    fit(*s.counters);
  });
}

void Frequent::merge(State& into, State& from) {
  if (from.counters == nullptr) return;
  if (into.counters == nullptr) {
    into = std::move(from);
    return;
  }
  const Counters& c = *from.counters;
  for (uint32_t i = 0; i < c.values.size(); ++i) {
    if (!count_value(into, c.values[i], c.counts[i])) throw bad_data(kFull);
  }
  into.counters->lowered += c.lowered;
  fit(*into.counters);
}

void Frequent::finish(const State& state, std::string& json) {
  json += '[';
  if (state.counters != nullptr) {
    const Counters& c = *state.counters;
    std::vector<uint32_t> order(c.values.size());
    std::iota(order.begin(), order.end(), 0);
    const size_t shown = std::min(k_, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown),
                      order.end(), [&](uint32_t a, uint32_t b) {
                        if (c.counts[a] != c.counts[b]) return c.counts[a] > c.counts[b];
                        return json_less(c.values[a], c.values[b]);
                      });
    order.resize(shown);
    for (const uint32_t i : order) {
      json.append(json.size() == 1 ? "" : ",").append("{\"value\":").append(c.values[i]);
      json.append(",\"count\":").append(std::to_string(c.counts[i]));
      json.append(",\"error\":").append(std::to_string(c.lowered)).append("}");
    }
  }
  json += ']';
}

void Frequent::save(const State& state, Saving& to) {
  if (state.counters == nullptr) return;
  const Counters& c = *state.counters;
  std::vector<uint32_t> order(c.values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return c.values[a] < c.values[b]; });
  to.number(c.lowered);
  to.number(order.size());
  for (const uint32_t i : order) {
    to.text(c.values[i]);
    to.number(c.counts[i]);
  }
}

Frequent::State Frequent::restore(Loading& from) {
  State state;
  if (from.at_end()) return state;
  state.counters = std::make_unique<Counters>();
  state.counters->lowered = from.number();
  std::string_view before;
  uint64_t total = state.counters->lowered;
  for (uint64_t left = from.number(); left != 0; --left) {
    const std::string_view value = from.json();
    const uint64_t count = from.number();
    if (state.counters->values.size() != 0 && value <= before) {
      from.refuse("its values are out of order");
    }
    if (count == 0 || count > UINT64_MAX - total) from.refuse("it counts none or too many");
    total += count;
    if (!count_value(state, value, count)) from.refuse("its values are too large together");
    before = value;
  }
  fit(*state.counters);
  return state;
}

}  // namespace streamhost::agg
