// The least or greatest of many numbers.
#pragma once

#include <charconv>

#include "sum.h"

namespace plugin_common {

// Integers, short decimals and all other numbers are kept apart until the end, so that integers
// stay exact and comparing costs no conversion. Zeroed memory is the extreme of nothing.
template <bool kGreatest>
class Extreme {
 public:
  void add(const Number& n) {
    int64_t units;
    if (n.is_integer()) {
      keep(whole_, has_whole_, n.digits);
    } else if (unit_.count(n, &units)) {
      if (better(units, units_)) units_ = units;
    } else {
      add_other(n);
    }
  }
  void merge(Extreme from) {
    from.settle();
    if (from.has_whole_ != 0) keep(whole_, has_whole_, from.whole_);
    if (from.has_real_ != 0) keep(real_, has_real_, from.real_);
  }

  // The extreme as a number: an integer, or none of the short decimals. False when nothing was
  // added.
  bool get(Number* number) const {
    Extreme all = *this;
    all.settle();
    if (all.has_whole_ == 0 && all.has_real_ == 0) return false;
    const bool whole = all.has_real_ == 0 || (all.has_whole_ != 0 && all.whole_wins());
    *number = whole ? Number{all.whole_, 0, 0} : Number{0, -1, all.real_};
    return true;
  }
  // The same as text. `to` has kNumberRoom; returns `to` when nothing was added.
  char* write(char* to) const {
    Number n;
    if (!get(&n)) return to;
    return n.is_integer() ? std::to_chars(to, to + kNumberRoom, n.digits).ptr
                          : write_double(to, n.real);
  }

 private:
  template <class T>
  static bool better(T a, T b) {
    return kGreatest ? a > b : a < b;
  }
  template <class T>
  static void keep(T& best, uint32_t& has, T value) {
    if (has == 0 || better(value, best)) best = value;
    has = 1;
  }
  void add_other(const Number& n) {
    if (!n.is_short() || (unit_.chosen() && n.decimals <= unit_.decimals())) {
      keep(real_, has_real_, n.as_double());
      return;
    }
    settle();
    unit_.choose(n.decimals);
    units_ = n.digits;
  }
  // Brings the best short decimal to the other numbers.
  void settle() {
    if (unit_.chosen()) keep(real_, has_real_, unit_.number(units_).as_double());
  }
  bool whole_wins() const {
    const auto whole = static_cast<long double>(whole_);
    const auto real = static_cast<long double>(real_);
    return kGreatest ? whole >= real : whole <= real;
  }

  int64_t whole_;
  int64_t units_;  // of unit_
  double real_;
  uint32_t has_whole_;
  uint32_t has_real_;
  Unit unit_;
};

}  // namespace plugin_common
