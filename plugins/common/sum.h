// Exact sums of short decimals, in a unit that is chosen by the numbers that come.
//
// The numbers of one key mostly have the same few decimals: prices in cents, temperatures in
// tenths. So they are counted in a unit of their own, 10^-decimals, in 64 bits. A number with more
// decimals than all before makes the unit smaller; what does not fit is settled in 128 bits.
#pragma once

#include "number.h"

namespace plugin_common {

// Zeroed memory is a unit that nothing fits in yet.
class Unit {
 public:
  // `n` as a count of this unit. False when it is no short decimal, has too many decimals, or is
  // too large.
  bool count(const Number& n, int64_t* units) const {
    if (static_cast<uint32_t>(n.decimals) + 1 == scale_) [[likely]] {
      *units = n.digits;
      return n.is_short();
    }
    if (static_cast<uint32_t>(n.decimals) >= scale_) return false;
    return !__builtin_mul_overflow(
        n.digits, kPowersOfTen[static_cast<int32_t>(scale_) - 1 - n.decimals], units);
  }
  bool chosen() const { return scale_ != 0; }
  // How many decimals the unit stands for; it must be chosen.
  int32_t decimals() const { return static_cast<int32_t>(scale_) - 1; }
  void choose(int32_t decimals) { scale_ = static_cast<uint32_t>(decimals) + 1; }

  // So many of this unit.
  Number number(int64_t units) const { return {units, decimals(), 0}; }

 private:
  uint32_t scale_;  // decimals + 1; 0: not chosen
};

// A sum in two parts, short decimals exactly and all else as a double, and how many were added.
// Zeroed memory is an empty sum.
class Sum {
 public:
  int64_t count() const { return count_; }
  const Unit& unit() const { return unit_; }

  void add(const Number& n) {
    int64_t units;
    if (unit_.count(n, &units)) [[likely]] {
      add_units(units);
    } else {
      add_other(n);
    }
  }
  // What add() does once the number's count of unit() is known.
  void add_units(int64_t units) {
    ++count_;
    if (__builtin_add_overflow(open_, units, &open_)) [[unlikely]]
      settle_overflow(units);
  }
  // What add() does with a number that has no count of unit(); may choose a smaller unit.
  void add_other(const Number& n);
  void merge(const Sum& other);

  // As a decimal, or as a double when some part of it is one. `to` has kNumberRoom.
  char* write(char* to) const;
  double mean() const;

  // All there is to a sum, the same for equal sums of short decimals whatever their order.
  struct Parts {
    Int128 billionths;
    double rest;
    int64_t count;
  };
  Parts parts() const;
  static Sum of(const Parts& parts);

 private:
  void settle();
  // `open_` has wrapped around when `units` were added.
  void settle_overflow(int64_t units);
  void add_billionths(Int128 billionths);

  Int128 settled_;  // billionths
  double rest_;
  int64_t count_;
  int64_t open_;  // of unit_, not in settled_
  Unit unit_;
};

}  // namespace plugin_common
