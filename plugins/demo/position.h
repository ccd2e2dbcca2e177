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

// The position of a partition that has every Nth number, or block of numbers: the next number, and
// N. A position for another N would leave out numbers or repeat them, so it is refused.
std::string dealt_position(uint64_t next, uint32_t partitions);
// The next number. Throws state_error when `partitions` was something else, or the number (or the
// block of `block` numbers that it is in) is not the partition's.
uint64_t read_dealt_position(std::string_view text, uint32_t partition, uint32_t partitions,
                             uint64_t block = 1);

}  // namespace streamhost::demo
