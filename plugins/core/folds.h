// count_final, sum_final, min_final, max_final, stats_final: one result per key when the input
// ends. Their states are plain data and merge, so that the host can combine before it exchanges.
#pragma once

#include <streamhost/sdk.hpp>

#include "number.h"

namespace streamhost::core {

// Calls `add(i, number)` for each record whose value is a number, and rejects the others.
template <class Add>
void each_number(const Context& ctx, const Batch& in, Add add) {
  for (uint32_t i = 0; i < in.size(); ++i) {
    const Record r = in[i];
    Number number;
    if (parse_number(r.value(), &number)) [[likely]] {
      add(i, number);
    } else if (!r.has_value()) {
      ctx.reject(r.raw(), "the record has no value, where a number is needed");
    } else {
      ctx.reject(r.raw(), "the value is not a number");
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

// A sum in two parts, short decimals exactly and all else as a double, and how many were added.
struct Sum {
  Int128 billionths;
  double rest;
  int64_t count;

  void add(const Number& n) {
    ++count;
    if (!n.is_short() || __builtin_add_overflow(billionths, n.billionths(), &billionths)) {
      rest += n.as_double();
    }
  }
  void merge(const Sum& other) {
    count += other.count;
    rest += other.rest;
    Int128 both;
    if (__builtin_add_overflow(billionths, other.billionths, &both)) {
      rest += as_double(other.billionths);
    } else {
      billionths = both;
    }
  }
  static double as_double(Int128 billionths) {
    return static_cast<double>(static_cast<long double>(billionths) / kBillionths);
  }
  char* write(char* to) const {
    return rest == 0 ? write_billionths(to, billionths)
                     : write_double(to, as_double(billionths) + rest);
  }
  double mean() const {
    const long double exact =
        static_cast<long double>(billionths) /
        (static_cast<long double>(kBillionths) * static_cast<long double>(count));
    return static_cast<double>(exact +
                               static_cast<long double>(rest) / static_cast<long double>(count));
  }
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
    if (state.count == 0) return;  // every record was rejected
    char text[kNumberRoom];
    out.emit(key, std::string_view(text, static_cast<size_t>(state.write(text) - text)));
  }
  void merge(State& into, State& from) { into.merge(from); }

 private:
  Context ctx_;
};

// The least or greatest value of a key. Integers and other numbers are kept apart until the end, so
// that integers stay exact and comparing them costs no conversion.
template <bool kGreatest>
class ExtremeFinal {
 public:
  struct State {
    int64_t whole;
    double real;
    uint32_t has_whole;
    uint32_t has_real;
  };

  ExtremeFinal(const Context& ctx, const Config&) : ctx_(ctx) {}

  void process(const Batch& in, States<State> states, Out&) {
    each_number(ctx_, in, [&](uint32_t i, const Number& n) {
      State& s = states[i];
      if (n.is_integer()) {
        keep(s.whole, s.has_whole, n.digits);
      } else {
        keep(s.real, s.has_real, n.as_double());
      }
    });
  }
  void on_end(std::string_view key, State& s, Out& out) {
    char text[kNumberRoom];
    if (s.has_whole == 0 && s.has_real == 0) return;
    const bool whole = s.has_real == 0 || (s.has_whole != 0 && whole_wins(s));
    const char* const end =
        whole ? std::to_chars(text, text + sizeof text, s.whole).ptr : write_double(text, s.real);
    out.emit(key, std::string_view(text, static_cast<size_t>(end - text)));
  }
  void merge(State& into, State& from) {
    if (from.has_whole != 0) keep(into.whole, into.has_whole, from.whole);
    if (from.has_real != 0) keep(into.real, into.has_real, from.real);
  }

 private:
  template <class T>
  static void keep(T& best, uint32_t& has, T value) {
    if (has == 0 || (kGreatest ? value > best : value < best)) best = value;
    has = 1;
  }
  static bool whole_wins(const State& s) {
    const auto whole = static_cast<long double>(s.whole);
    const auto real = static_cast<long double>(s.real);
    return kGreatest ? whole >= real : whole <= real;
  }

  Context ctx_;
};

using MinFinal = ExtremeFinal<false>;
using MaxFinal = ExtremeFinal<true>;

// Count, least, mean and greatest value of a key in one pass.
class StatsFinal {
 public:
  struct State {
    Sum sum;
    double min, max;
  };

  StatsFinal(const Context& ctx, const Config&) : ctx_(ctx) {}

  void process(const Batch& in, States<State> states, Out&) {
    each_number(ctx_, in, [&](uint32_t i, const Number& n) {
      State& s = states[i];
      const double value = n.as_double();
      s.sum.add(n);
      if (s.sum.count == 1) {
        s.min = s.max = value;
      } else {
        if (value < s.min) s.min = value;
        if (value > s.max) s.max = value;
      }
    });
  }
  void on_end(std::string_view key, State& s, Out& out) {
    if (s.sum.count == 0) return;
    char json[4 * kNumberRoom + 64];
    char* p = json;
    const auto put = [&p](std::string_view text) {
      std::memcpy(p, text.data(), text.size());
      p += text.size();
    };
    put("{\"count\":");
    p = std::to_chars(p, p + kNumberRoom, s.sum.count).ptr;
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
    if (from.sum.count == 0) return;
    if (into.sum.count == 0 || from.min < into.min) into.min = from.min;
    if (into.sum.count == 0 || from.max > into.max) into.max = from.max;
    into.sum.merge(from.sum);
  }

 private:
  Context ctx_;
};

}  // namespace streamhost::core
