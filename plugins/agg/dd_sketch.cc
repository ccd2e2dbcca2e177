#include "dd_sketch.h"

#include <algorithm>
#include <cmath>

namespace streamhost::agg {
namespace {

// Between the indices of buckets, of which the papers speak, and keys: that of a positive number is
// above 0 this way. The finest scale has indices within 3.8 million.
constexpr int32_t kOffset = 1 << 22;
// More joins leave one bucket each for negative and positive numbers below and above 1.
constexpr uint32_t kMostJoins = 24;

}  // namespace

DdScale::DdScale(double accuracy, uint32_t most_buckets)
    : accuracy_(accuracy),
      log_base_(std::log1p(accuracy) - std::log1p(-accuracy)),
      per_log_(1 / log_base_),
      most_buckets_(most_buckets) {}

int32_t DdScale::key(double number) const {
  if (number == 0) return 0;
  const auto index = static_cast<int32_t>(std::ceil(std::log(std::fabs(number)) * per_log_));
  return number > 0 ? index + kOffset : -(index + kOffset);
}

int32_t DdScale::joined(int32_t key) {
  if (key == 0) return 0;
  const int32_t index = std::abs(key) - kOffset;
  const int32_t half = -(-index >> 1) + kOffset;  // rounded up
  return key > 0 ? half : -half;
}

double DdScale::number(int32_t key, uint32_t times) const {
  if (key == 0) return 0;
  const double log_base = std::ldexp(log_base_, static_cast<int>(times));
  const double index = std::abs(key) - kOffset;
  // 2 g^i / (g + 1), of which the parts can be beyond what a double holds.
  const double log_half = log_base + std::log1p(std::exp(-log_base)) - std::log(2.0);
  const double magnitude = std::exp(index * log_base - log_half);
  return key > 0 ? magnitude : -magnitude;
}

double DdScale::error(uint32_t times) const {
  return std::tanh(std::ldexp(log_base_, static_cast<int>(times)) / 2);
}

void DdSketch::add(const DdScale& scale, double number) {
  if (count_ == 0) least_ = greatest_ = number;
  least_ = std::min(least_, number);
  greatest_ = std::max(greatest_, number);
  ++count_;
  int32_t key = scale.key(number);
  for (uint32_t i = 0; i < joins_; ++i) key = DdScale::joined(key);
  add_to(key, 1);
  fit(scale);
}

void DdSketch::add_to(int32_t key, uint64_t count) {
  // As many steps for every key, without a branch that depends on it: they come in any order.
  const Bucket* at = buckets_.data();
  size_t left = buckets_.size();
  while (left > 1) {
    const size_t half = left / 2;
    at += half & (0 - static_cast<size_t>(at[half - 1].key < key));
    left -= half;
  }
  if (left == 1 && at->key < key) ++at;
  const auto place = buckets_.begin() + (at - buckets_.data());
  if (place != buckets_.end() && place->key == key) {
    place->count += count;
  } else {
    buckets_.insert(place, {count, key});
  }
}

void DdSketch::join_neighbours() {
  size_t end = 0;
  for (const Bucket& b : buckets_) {
    const int32_t key = DdScale::joined(b.key);
    if (end != 0 && buckets_[end - 1].key == key) {
      buckets_[end - 1].count += b.count;
    } else {
      buckets_[end++] = {b.count, key};
    }
  }
  buckets_.resize(end);
  ++joins_;
}

void DdSketch::fit(const DdScale& scale) {
  while (buckets_.size() > scale.most_buckets()) join_neighbours();
}

void DdSketch::merge(const DdScale& scale, const DdSketch& from) {
  if (from.count_ == 0) return;
  if (count_ == 0) {
    *this = from;
    return;
  }
  least_ = std::min(least_, from.least_);
  greatest_ = std::max(greatest_, from.greatest_);
  count_ += from.count_;
  while (joins_ < from.joins_) join_neighbours();
  for (const Bucket& b : from.buckets_) {
    int32_t key = b.key;
    for (uint32_t i = from.joins_; i < joins_; ++i) key = DdScale::joined(key);
    add_to(key, b.count);
  }
  fit(scale);
}

double DdSketch::quantile(const DdScale& scale, double q) const {
  const auto rank = static_cast<uint64_t>(
      std::floor(static_cast<long double>(q) * static_cast<long double>(count_ - 1)));
  if (rank == 0) return least_;
  if (rank == count_ - 1) return greatest_;
  uint64_t passed = 0;
  for (const Bucket& b : buckets_) {
    passed += b.count;
    if (passed > rank) return std::clamp(scale.number(b.key, joins_), least_, greatest_);
  }
  return greatest_;
}

void DdSketch::save(const DdScale& scale, Saving& to) const {
  if (count_ == 0) return;
  to.real(scale.accuracy());
  to.number(joins_);
  to.real(least_);
  to.real(greatest_);
  to.number(buckets_.size());
  to.integer(buckets_.front().key);
  for (size_t i = 0; i < buckets_.size(); ++i) {
    if (i != 0) to.number(static_cast<uint64_t>(buckets_[i].key - buckets_[i - 1].key));
    to.number(buckets_[i].count);
  }
}

DdSketch DdSketch::restore(const DdScale& scale, Loading& from) {
  DdSketch sketch;
  if (from.at_end()) return sketch;
  const double accuracy = from.real();
  if (accuracy != scale.accuracy()) {
    from.refuse("it has accuracy = " + std::to_string(accuracy) + ", the manifest now says " +
                std::to_string(scale.accuracy()) +
                "; go back to the old one, or begin without this state");
  }
  sketch.joins_ = static_cast<uint32_t>(from.number(kMostJoins, "joins of buckets"));
  sketch.least_ = from.finite();
  sketch.greatest_ = from.finite();
  if (sketch.least_ > sketch.greatest_) from.refuse("its least number is above its greatest");
  constexpr int64_t kMostKey = 2 * int64_t{kOffset};
  const uint64_t size = from.number(2 * kMostKey, "buckets");
  if (size == 0) from.refuse("it has no buckets");
  int64_t key = from.integer();
  for (uint64_t i = 0; i < size; ++i) {
    if (i != 0) {
      const uint64_t distance = from.number(2 * kMostKey, "as distance of two buckets");
      if (distance == 0) from.refuse("its buckets are out of order");
      key += static_cast<int64_t>(distance);
    }
    if (key < -kMostKey || key > kMostKey) from.refuse("it has a bucket beyond all numbers");
    const uint64_t count = from.number();
    if (count == 0 || count > UINT64_MAX - sketch.count_) {
      from.refuse("its buckets count none or too many");
    }
    sketch.count_ += count;
    sketch.buckets_.push_back({count, static_cast<int32_t>(key)});
  }
  sketch.fit(scale);
  return sketch;
}

}  // namespace streamhost::agg
