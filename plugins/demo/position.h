// Resume positions, and the names of partitions that are just numbers.
#pragma once

#include <streamhost/sdk.hpp>

#include <charconv>
#include <string>
#include <vector>

namespace streamhost::demo {

// "0", "1", ... `count` - 1.
std::vector<std::string> numbered_partitions(uint32_t count);
// The number of such a name.
uint32_t partition_number(std::string_view name);

// Reads `count` numbers, a space between them. Throws state_error when it is anything else.
std::vector<int64_t> read_position(std::string_view text, size_t count);

}  // namespace streamhost::demo
