// Counting distinct things in little memory.
//
// HyperLogLog of Flajolet, Fusy, Gandouet, Meunier (2007) over 64-bit hashes, with the estimator of
// Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017, arXiv:1702.01284,
// algorithm 6), which needs neither tables of bias nor a switch between two ways of counting. With
// m = 2^precision registers its standard error is 1.04 / sqrt(m), for any number of things. While
// there are few hashes they are kept themselves, and the count is exact.
//
// A sketch depends on what was added, not on the order, nor on how parts of it were merged.
#pragma once

#include <cstdint>
#include <vector>

#include "saved.h"

namespace streamhost::agg {

class HyperLogLog {
 public:
  static constexpr uint8_t kLeastPrecision = 4, kMostPrecision = 18;

  // Precision from 4 to 18, 2^precision bytes.
  explicit HyperLogLog(uint8_t precision) : precision_(precision) {}

  // Adds a thing by its hash, see text_hash().
  void add(uint64_t hash);
  // Both must have the same precision.
  void merge(const HyperLogLog& from);
  // How many different hashes were added, about.
  uint64_t count() const;

  // precision, then the number of hashes and each as the distance from the one before, or 0 and
  // all registers, 6 bits each.
  void save(Saving& to) const;
  // Refuses what has another precision.
  static HyperLogLog restore(Loading& from, uint8_t precision);

 private:
  size_t register_count() const { return size_t{1} << precision_; }
  // The greatest a register can be.
  uint8_t most() const { return static_cast<uint8_t>(65 - precision_); }
  // How many hashes are kept before there are registers.
  size_t few() const;
  void set_register(uint64_t hash);
  void make_registers();

  uint8_t precision_;
  std::vector<uint64_t> hashes_;  // ascending, while there are no registers
  std::vector<uint8_t> registers_;
};

}  // namespace streamhost::agg
