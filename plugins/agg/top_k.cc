#include "top_k.h"

#include <algorithm>

#include "numbers.h"

namespace streamhost::agg {
namespace {

TopK::Rank rank_of(const Number& n) {
  return n.is_integer() ? TopK::Rank{n.digits, 0, true} : TopK::Rank{0, n.as_double(), false};
}

// 64 bits of mantissa hold every integer of 64 bits and every double exactly.
int compare_values(const TopK::Rank& a, const TopK::Rank& b) {
  if (a.is_whole && b.is_whole) return a.whole < b.whole ? -1 : a.whole > b.whole;
  const long double x = a.is_whole ? static_cast<long double>(a.whole) : a.real;
  const long double y = b.is_whole ? static_cast<long double>(b.whole) : b.real;
  return x < y ? -1 : x > y;
}

std::string text_of(const Number& n) {
  char text[plugin_common::kNumberRoom];
  char* const end = n.is_short() ? plugin_common::write_billionths(text, n.billionths())
                                 : plugin_common::write_double(text, n.real);
  return {text, end};
}

}  // namespace

TopK::TopK(const Config& config)
    : k_(static_cast<size_t>(config.integer("k"))),
      largest_(config.find("order") != "smallest"),
      input_(config, "by") {}

int TopK::compare(const Rank& a, const Rank& b) const {
  return largest_ ? compare_values(b, a) : compare_values(a, b);
}

bool TopK::before(const Entry& a, const Entry& b) const {
  const int order = compare(a.rank, b.rank);
  return order != 0 ? order < 0 : a.json < b.json;
}

bool TopK::may_enter(const State& state, const Rank& rank) const {
  return state.entries.size() < k_ || compare(rank, state.entries.back().rank) <= 0;
}

void TopK::insert(State& state, Entry entry) const {
  std::vector<Entry>& all = state.entries;
  if (all.size() >= k_) {
    if (!before(entry, all.back())) return;
    all.pop_back();
  }
  const auto at = std::upper_bound(all.begin(), all.end(), entry,
                                   [this](const Entry& a, const Entry& b) { return before(a, b); });
  all.insert(at, std::move(entry));
}

void TopK::add(States<State> states, const sh_record* records, uint32_t count) {
  if (!input_.has_second()) {
    input_.numbers(records, count, [&](uint32_t i, const Number& n) {
      const Rank rank = rank_of(n);
      if (may_enter(states[i], rank)) insert(states[i], {rank, text_of(n)});
    });
    return;
  }
  input_.ranked(records, count, [&](const Value& value, const Number& n) {
    State& s = states[value.record()];
    Entry entry{rank_of(n), {}};
    if (!may_enter(s, entry.rank)) return;
    value.append_json(entry.json);
    insert(s, std::move(entry));
  });
}

void TopK::merge(State& into, State& from) {
  for (Entry& entry : from.entries) insert(into, std::move(entry));
}

void TopK::finish(const State& state, std::string& json) {
  json += '[';
  for (const Entry& entry : state.entries) {
    json.append(json.size() == 1 ? "" : ",").append(entry.json);
  }
  json += ']';
}

void TopK::save(const State& state, Saving& to) {
  if (state.entries.empty()) return;
  to.byte(largest_ ? '>' : '<');
  to.number(k_);
  to.number(state.entries.size());
  for (const Entry& entry : state.entries) {
    to.byte(entry.rank.is_whole ? 1 : 0);
    if (entry.rank.is_whole) {
      to.integer(entry.rank.whole);
    } else {
      to.real(entry.rank.real);
    }
    to.text(entry.json);
  }
}

TopK::State TopK::restore(Loading& from) {
  State state;
  if (from.at_end()) return state;
  if (from.byte() != (largest_ ? '>' : '<')) {
    from.refuse("it was kept with another order than the manifest now says");
  }
  const uint64_t k = from.number();
  const uint64_t size = from.number(k, "entries");
  if (size == k && k < k_) {
    from.refuse("it was kept with k = " + std::to_string(k) + ", and the manifest now says " +
                std::to_string(k_) + ": what it left out is lost");
  }
  for (uint64_t i = 0; i < size; ++i) {
    Entry entry{};
    const uint8_t form = from.byte();
    if (form > 1) from.refuse("it holds a number of an unknown form");
    entry.rank.is_whole = form == 1;
    if (form == 1) {
      entry.rank.whole = from.integer();
    } else {
      entry.rank.real = from.finite();
    }
    entry.json = from.json();
    if (i != 0 && i <= k_ && before(entry, state.entries.back())) {
      from.refuse("its entries are out of order");
    }
    if (i < k_) state.entries.push_back(std::move(entry));
  }
  return state;
}

}  // namespace streamhost::agg
