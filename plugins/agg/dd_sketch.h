// Quantiles of any number of numbers in bounded memory, within a relative error.
//
// DDSketch of Masson, Rim, Lee (VLDB 2019, arXiv:1908.10693): bucket i counts the numbers in
// (g^(i-1), g^i], where g = (1 + a) / (1 - a), and stands for 2 g^i / (g + 1), which is within a *
// x of every x in it. When there are more buckets than allowed, neighbours are joined two by two
// all over, as in UDDSketch of Epicoco et al. (2020, arXiv:2004.08604): g becomes g^2 and the error
// 2a / (1 + a^2), for all quantiles alike. So a sketch depends on what was added, not on the order
// nor on how it was merged. Negative numbers have buckets of their own, zero has one, and the least
// and greatest number are kept as they are.
#pragma once

#include <cstdint>
#include <vector>

#include "saved.h"

namespace streamhost::agg {

// What all sketches of one step have in common.
class DdScale {
 public:
  static constexpr double kFinest = 0.0001;

  // `accuracy`: the relative error a, from kFinest to below 1. `most_buckets`: at least 8.
  DdScale(double accuracy, uint32_t most_buckets);

  double accuracy() const { return accuracy_; }
  uint32_t most_buckets() const { return most_buckets_; }
  // The key of the number's bucket: ascending with the number, 0 for 0.
  int32_t key(double number) const;
  // The key after neighbours were joined once.
  static int32_t joined(int32_t key);
  // What a bucket stands for, after they were joined `times` times. May be infinite.
  double number(int32_t key, uint32_t times) const;
  // The relative error then.
  double error(uint32_t times) const;

 private:
  double accuracy_, log_base_, per_log_;
  uint32_t most_buckets_;
};

class DdSketch {
 public:
  // `number` is finite. The scale is always the same one.
  void add(const DdScale& scale, double number);
  void merge(const DdScale& scale, const DdSketch& from);

  uint64_t count() const { return count_; }
  // About the number at rank floor(q * (count - 1)), from 0, of all in order. `q` is from 0 to 1,
  // and there must be some number.
  double quantile(const DdScale& scale, double q) const;
  // How often neighbours were joined.
  uint32_t joins() const { return joins_; }

  // nothing; or accuracy, joins, least, greatest, number of buckets, the first key, and then for
  // each bucket its count and the distance to the next key
  void save(const DdScale& scale, Saving& to) const;
  // Refuses what has another accuracy.
  static DdSketch restore(const DdScale& scale, Loading& from);

 private:
  struct Bucket {
    uint64_t count;
    int32_t key;
  };

  void add_to(int32_t key, uint64_t count);
  void join_neighbours();
  void fit(const DdScale& scale);

  std::vector<Bucket> buckets_;  // by key
  double least_ = 0, greatest_ = 0;
  uint64_t count_ = 0;
  uint32_t joins_ = 0;
};

}  // namespace streamhost::agg
