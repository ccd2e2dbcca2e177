// Changes inputs a little, as fuzzers do: reproducible for a given generator.
#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <vector>

namespace streamhost::testing {

// One to a few changes of one example: bits, bytes, pieces taken out, doubled, moved or brought in
// from another example, numbers made extreme, the end cut off; now and then nothing but random
// bytes. `examples` must not be empty. At most `max_size` bytes.
std::string mutate(const std::vector<std::string>& examples, size_t max_size,
                   std::mt19937_64& random);

}  // namespace streamhost::testing
