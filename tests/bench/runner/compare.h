// Whether two programs came to the same result.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

enum class Compare {
  lines,   // the same lines, in any order
  counts,  // lines "records bytes" whose columns add up to the same
  stats    // per line a key and the numbers count, min, mean, max, to a millionth; see compare.cc
};

// Empty when the two files agree, else what differs, in one sentence.
std::string difference(Compare how, const std::string& loop, const std::string& host);

// The sum of the second column of a file of tab-separated lines.
uint64_t sum_of_counts(const std::string& path);

}  // namespace bench
