#include "sum.h"

namespace plugin_common {
namespace {

double as_double(Int128 billionths) {
  return static_cast<double>(static_cast<long double>(billionths) / kBillionths);
}

}  // namespace

void Sum::add_other(const Number& n) {
  ++count_;
  if (!n.is_short()) {
    rest_ += n.as_double();
    return;
  }
  if (!unit_.chosen() || n.decimals > unit_.decimals()) {
    settle();
    unit_.choose(n.decimals);
    open_ = n.digits;
  } else {
    add_billionths(n.billionths());
  }
}

void Sum::settle() {
  if (open_ != 0) add_billionths(unit_.number(open_).billionths());
  open_ = 0;
}

void Sum::settle_overflow(int64_t units) {
  // Unsigned, where wrapping back is defined.
  open_ = static_cast<int64_t>(static_cast<uint64_t>(open_) - static_cast<uint64_t>(units));
  settle();
  open_ = units;
}

void Sum::add_billionths(Int128 billionths) {
  Int128 both;
  if (__builtin_add_overflow(settled_, billionths, &both)) {
    rest_ += as_double(billionths);
  } else {
    settled_ = both;
  }
}

void Sum::merge(const Sum& other) {
  count_ += other.count_;
  rest_ += other.rest_;
  add_billionths(other.settled_);
  if (other.open_ != 0) add_billionths(other.unit_.number(other.open_).billionths());
}

char* Sum::write(char* to) const {
  Sum whole = *this;
  whole.settle();
  return whole.rest_ == 0 ? write_billionths(to, whole.settled_)
                          : write_double(to, as_double(whole.settled_) + whole.rest_);
}

double Sum::mean() const {
  Sum whole = *this;
  whole.settle();
  const auto count = static_cast<long double>(count_);
  const long double exact =
      static_cast<long double>(whole.settled_) / (static_cast<long double>(kBillionths) * count);
  return static_cast<double>(exact + static_cast<long double>(whole.rest_) / count);
}

Sum::Parts Sum::parts() const {
  Sum whole = *this;
  whole.settle();
  return {whole.settled_, whole.rest_, whole.count_};
}

Sum Sum::of(const Parts& parts) {
  Sum sum{};
  sum.settled_ = parts.billionths;
  sum.rest_ = parts.rest;
  sum.count_ = parts.count;
  return sum;
}

}  // namespace plugin_common
