#include "hyperloglog.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace streamhost::agg {
namespace {

// 1 / (2 ln 2): alpha of the paper for m without bound.
constexpr double kAlpha = 0.72134752044448170368;

// sigma and tau of Ertl's paper: series that are added up until they do not change any more.
double sigma(double x) {
  if (x == 1) return INFINITY;
  double y = 1, z = x, before;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (z != before);
  return z;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1, z = 1 - x, before;
  do {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (z != before);
  return z / 3;
}

}  // namespace

// So many that they take no more than half of the registers' memory.
size_t HyperLogLog::few() const { return std::min<size_t>(register_count() / 16, 2048); }

void HyperLogLog::add(uint64_t hash) {
  if (!registers_.empty()) {
    set_register(hash);
    return;
  }
  const auto at = std::lower_bound(hashes_.begin(), hashes_.end(), hash);
  if (at != hashes_.end() && *at == hash) return;
  hashes_.insert(at, hash);
  if (hashes_.size() > few()) make_registers();
}

void HyperLogLog::set_register(uint64_t hash) {
  const size_t index = hash >> (64 - precision_);
  // The first 1 in the other bits; behind them stands one, so that it is always found.
  const uint64_t rest = hash << precision_ | uint64_t{1} << (precision_ - 1);
  const auto rank = static_cast<uint8_t>(std::countl_zero(rest) + 1);
  registers_[index] = std::max(registers_[index], rank);
}

void HyperLogLog::make_registers() {
  registers_.assign(register_count(), 0);
  for (const uint64_t hash : hashes_) set_register(hash);
  hashes_ = {};
}

void HyperLogLog::merge(const HyperLogLog& from) {
  if (from.registers_.empty()) {
    for (const uint64_t hash : from.hashes_) add(hash);
    return;
  }
  if (registers_.empty()) make_registers();
  for (size_t i = 0; i < registers_.size(); ++i) {
    registers_[i] = std::max(registers_[i], from.registers_[i]);
  }
}

uint64_t HyperLogLog::count() const {
  if (registers_.empty()) return hashes_.size();
  uint32_t with[66] = {};  // how many registers have each value
  for (const uint8_t r : registers_) ++with[r];
  const auto m = static_cast<double>(registers_.size());
  double z = m * tau(1 - with[most()] / m);
  for (int k = most() - 1; k >= 1; --k) z = 0.5 * (z + with[k]);
  z += m * sigma(with[0] / m);
  return static_cast<uint64_t>(std::llround(std::min(kAlpha * m * m / z, 9e18)));
}

void HyperLogLog::save(Saving& to) const {
  to.byte(precision_);
  to.number(hashes_.size());
  uint64_t before = 0;
  for (const uint64_t hash : hashes_) {
    to.number(hash - before);
    before = hash;
  }
  for (size_t i = 0; i < registers_.size(); i += 4) {
    uint32_t four = 0;
    for (size_t k = 0; k < 4; ++k) four |= uint32_t{registers_[i + k]} << (6 * k);
    for (int shift = 0; shift < 24; shift += 8) to.byte(static_cast<uint8_t>(four >> shift));
  }
}

HyperLogLog HyperLogLog::restore(Loading& from, uint8_t precision) {
  const uint8_t saved = from.byte();
  if (saved != precision) {
    from.refuse("it has precision = " + std::to_string(saved) + ", the manifest now says " +
                std::to_string(precision) +
                "; go back to the old one, or begin without this state");
  }
  HyperLogLog sketch(precision);
  const uint64_t count = from.number(sketch.few(), "hashes");
  uint64_t hash = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t distance = from.number();
    if (distance > UINT64_MAX - hash || (distance == 0 && i != 0)) {
      from.refuse("its hashes are out of order");
    }
    hash += distance;
    sketch.hashes_.push_back(hash);
  }
  if (count != 0 || from.at_end()) return sketch;
  sketch.registers_.resize(sketch.register_count());
  for (size_t i = 0; i < sketch.registers_.size(); i += 4) {
    uint32_t four = 0;
    for (int shift = 0; shift < 24; shift += 8) four |= uint32_t{from.byte()} << shift;
    for (size_t k = 0; k < 4; ++k) {
      const auto value = static_cast<uint8_t>(four >> (6 * k) & 63);
      if (value > sketch.most()) from.refuse("it has a register that is too large");
      sketch.registers_[i + k] = value;
    }
  }
  return sketch;
}

}  // namespace streamhost::agg
