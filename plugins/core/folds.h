// count_final, sum_final, min_final, max_final, stats_final: one result per key when the input
// ends. Their states are plain data and merge, so that the host can combine before it exchanges.
#pragma once

#include <streamhost/sdk.hpp>

#include "common/extreme.h"
#include "common/number.h"
#include "common/sum.h"

namespace streamhost::core {

using plugin_common::kNumberRoom;
using plugin_common::Number;
using plugin_common::ShortDecimal;
using plugin_common::Sum;
using plugin_common::Unit;
using plugin_common::write_double;

// Reads the value of a record that is not a short decimal as a number; false when it is none, and
// the record is then rejected.
bool read_other_number(const Context& ctx, const sh_record& record, Number* number);

// Calls `add(i, number)` for each record whose value is a number, and rejects the others.
template <class Add>
void each_number(const Context& ctx, const Batch& in, Add add) {
  const sh_record* const records = in.raw().records;
  const uint32_t count = in.size();
  for (uint32_t i = 0; i < count; ++i) {
    ShortDecimal read;
    if (plugin_common::read_short_decimal(Record(records[i]).value(), &read)) [[likely]] {
      add(i, Number{read.digits, read.decimals, 0});
    } else if (Number other; read_other_number(ctx, records[i], &other)) {
      add(i, other);
    }
  }
}

// The number of records of a key.
class CountFinal {
 public:
  struct State {
    int64_t n;
  };

  void process(const Batch& in, States<State> states, Out&) {
    const uint32_t count = in.size();
    for (uint32_t i = 0; i < count; ++i) ++states[i].n;
  }
  void on_end(std::string_view key, State& state, Out& out) { out.emit(key, state.n); }
  void merge(State& into, State& from) { into.n += from.n; }
};

// The sum of the values of a key.
class SumFinal {
 public:
  using State = Sum;

  SumFinal(const Context& ctx, const Config&) : ctx_(ctx) {}

  void process(const Batch& in, States<State> states, Out&) {
    each_number(ctx_, in, [&](uint32_t i, const Number& n) { states[i].add(n); });
  }
  void on_end(std::string_view key, State& state, Out& out) {
    if (state.count() == 0) return;  // every record was rejected
    char text[kNumberRoom];
    out.emit(key, std::string_view(text, static_cast<size_t>(state.write(text) - text)));
  }
  void merge(State& into, State& from) { into.merge(from); }

 private:
  Context ctx_;
};

// The least or greatest value of a key.
template <bool kGreatest>
class ExtremeFinal {
 public:
  using State = plugin_common::Extreme<kGreatest>;

  ExtremeFinal(const Context& ctx, const Config&) : ctx_(ctx) {}

  void process(const Batch& in, States<State> states, Out&) {
    each_number(ctx_, in, [&](uint32_t i, const Number& n) { states[i].add(n); });
  }
  void on_end(std::string_view key, State& state, Out& out) {
    char text[kNumberRoom];
    const char* const end = state.write(text);
    if (end == text) return;  // every record was rejected
    out.emit(key, std::string_view(text, static_cast<size_t>(end - text)));
  }
  void merge(State& into, State& from) { into.merge(from); }

 private:
  Context ctx_;
};

using MinFinal = ExtremeFinal<false>;
using MaxFinal = ExtremeFinal<true>;

// Count, least, mean and greatest value of a key in one pass.
class StatsFinal {
 public:
  struct State {
    Sum sum;
    int64_t low, high;  // of the sum's unit, when it is chosen
    double min, max;    // of the numbers that are not in `low` and `high`
    uint32_t has_real;  // there are such
  };

  StatsFinal(const Context& ctx, const Config&) : ctx_(ctx) {}

  void process(const Batch& in, States<State> states, Out&) {
    each_number(ctx_, in, [&](uint32_t i, const Number& n) {
      State& s = states[i];
      int64_t units;
      if (s.sum.unit().count(n, &units)) [[likely]] {
        s.sum.add_units(units);
        s.low = units < s.low ? units : s.low;
        s.high = units > s.high ? units : s.high;
      } else {
        add_other(s, n);
      }
    });
  }
  void on_end(std::string_view key, State& s, Out& out) {
    if (s.sum.count() == 0) return;
    settle(s, s.sum.unit());
    char json[4 * kNumberRoom + 64];
    char* p = json;
    const auto put = [&p](std::string_view text) {
      std::memcpy(p, text.data(), text.size());
      p += text.size();
    };
    put("{\"count\":");
    p = std::to_chars(p, p + kNumberRoom, s.sum.count()).ptr;
    put(",\"min\":");
    p = write_double(p, s.min);
    put(",\"mean\":");
    p = write_double(p, s.sum.mean());
    put(",\"max\":");
    p = write_double(p, s.max);
    put("}");
    out.emit(key, std::string_view(json, static_cast<size_t>(p - json)));
  }
  void merge(State& into, State& from) {
    settle(from, from.sum.unit());
    if (from.has_real != 0) {
      keep(into, from.min);
      keep(into, from.max);
    }
    into.sum.merge(from.sum);
  }

 private:
  static void add_other(State& s, const Number& n) {
    const Unit before = s.sum.unit();
    s.sum.add_other(n);
    int64_t units;
    if (s.sum.unit().count(n, &units)) {  // the unit is a new one
      settle(s, before);
      s.low = s.high = units;
    } else {
      keep(s, n.as_double());
    }
  }
  // Brings `low` and `high`, in that unit, to the other numbers.
  static void settle(State& s, const Unit& unit) {
    if (!unit.chosen()) return;
    keep(s, unit.number(s.low).as_double());
    keep(s, unit.number(s.high).as_double());
  }
  static void keep(State& s, double value) {
    if (s.has_real == 0 || value < s.min) s.min = value;
    if (s.has_real == 0 || value > s.max) s.max = value;
    s.has_real = 1;
  }

  Context ctx_;
};

}  // namespace streamhost::core
