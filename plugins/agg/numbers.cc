#include "numbers.h"

namespace streamhost::agg {

using plugin_common::Int128;
using plugin_common::kNumberRoom;
using plugin_common::Sum;

void append_double(std::string& json, double value) {
  char text[kNumberRoom];
  json.append(text, plugin_common::write_double(text, value));
}

void Count::add(States<State> states, const sh_record* records, uint32_t count) {
  if (all_) {
    for (uint32_t i = 0; i < count; ++i) ++states[i].n;
  } else {
    input_.values(records, count, [&](const Value& value) { ++states[value.record()].n; });
  }
}

void Count::finish(const State& state, std::string& json) { json += std::to_string(state.n); }

void SumOf::add(States<State> states, const sh_record* records, uint32_t count) {
  input_.numbers(records, count, [&](uint32_t i, const Number& n) { states[i].add(n); });
}

void SumOf::finish(const State& state, std::string& json) {
  char text[kNumberRoom];
  json.append(text, state.write(text));
}

void SumOf::save(const State& state, Saving& to) {
  const Sum::Parts parts = state.parts();
  to.number(static_cast<uint64_t>(parts.count));
  if (parts.count == 0) return;
  to.integer(static_cast<int64_t>(parts.billionths >> 64));
  to.number(static_cast<uint64_t>(parts.billionths));
  if (parts.rest != 0) to.real(parts.rest);  // not there when 0
}

SumOf::State SumOf::restore(Loading& from) {
  constexpr uint64_t kMostNumbers = uint64_t{1} << 60;
  Sum::Parts parts{};
  parts.count = static_cast<int64_t>(from.number(kMostNumbers, "numbers"));
  if (parts.count != 0) {
    const auto high = static_cast<Int128>(from.integer());
    parts.billionths = high * (static_cast<Int128>(1) << 64) + static_cast<Int128>(from.number());
    if (!from.at_end()) parts.rest = from.real();
  }
  return Sum::of(parts);
}

void Mean::finish(const State& state, std::string& json) {
  if (state.count() == 0) {
    json += "null";
  } else {
    append_double(json, state.mean());
  }
}

template <bool kGreatest>
void ExtremeOf<kGreatest>::add(States<State> states, const sh_record* records, uint32_t count) {
  input_.numbers(records, count, [&](uint32_t i, const Number& n) { states[i].add(n); });
}

template <bool kGreatest>
void ExtremeOf<kGreatest>::finish(const State& state, std::string& json) {
  char text[kNumberRoom];
  const char* const end = state.write(text);
  json.append(end == text ? std::string_view("null") : std::string_view(text, end));
}

template <bool kGreatest>
void ExtremeOf<kGreatest>::save(const State& state, Saving& to) {
  Number n;
  if (!state.get(&n)) return;
  to.byte(n.is_integer() ? 1 : 0);
  if (n.is_integer()) {
    to.integer(n.digits);
  } else {
    to.real(n.real);
  }
}

template <bool kGreatest>
typename ExtremeOf<kGreatest>::State ExtremeOf<kGreatest>::restore(Loading& from) {
  State state{};
  if (from.at_end()) return state;
  const uint8_t form = from.byte();
  if (form > 1) from.refuse("it holds a number of an unknown form");
  state.add(form == 1 ? Number{from.integer(), 0, 0} : Number{0, -1, from.finite()});
  return state;
}

template class ExtremeOf<false>;
template class ExtremeOf<true>;

void Stddev::add(States<State> states, const sh_record* records, uint32_t count) {
  input_.numbers(records, count, [&](uint32_t i, const Number& number) {
    State& s = states[i];
    const double x = number.as_double();
    const double difference = x - s.mean;
    s.mean += difference / static_cast<double>(++s.n);
    s.squares += difference * (x - s.mean);
  });
}

void Stddev::merge(State& into, const State& from) {
  if (from.n == 0) return;
  if (into.n == 0) {
    into = from;
    return;
  }
  const auto a = static_cast<double>(into.n), b = static_cast<double>(from.n);
  const double difference = from.mean - into.mean;
  into.mean += difference * (b / (a + b));
  into.squares += from.squares + difference * difference * (a * (b / (a + b)));
  into.n += from.n;
}

void Stddev::finish(const State& state, std::string& json) {
  const uint64_t divisor = sample_ && state.n != 0 ? state.n - 1 : state.n;
  if (divisor == 0) {
    json += "null";
  } else {
    append_double(json, std::sqrt(state.squares / static_cast<double>(divisor)));
  }
}

void Stddev::save(const State& state, Saving& to) {
  to.number(state.n);
  if (state.n == 0) return;
  to.real(state.mean);
  to.real(state.squares);
}

Stddev::State Stddev::restore(Loading& from) {
  State state{from.number(), 0, 0};
  if (state.n == 0) return state;
  // Not finite when numbers near the greatest double were added.
  state.mean = from.real();
  state.squares = from.real();
  if (state.squares < 0) from.refuse("it holds a negative sum of squares");
  return state;
}

}  // namespace streamhost::agg
