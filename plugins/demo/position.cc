#include "position.h"

namespace streamhost::demo {

std::vector<std::string> numbered_partitions(uint32_t count) {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

uint32_t partition_number(std::string_view name) {
  return static_cast<uint32_t>(read_position(name, 1)[0]);
}

std::vector<int64_t> read_position(std::string_view text, size_t count) {
  std::vector<int64_t> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (numbers.size() < count) {
    if (!numbers.empty() && at != end && *at == ' ') ++at;
    int64_t number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc()) break;
    at = next;
    numbers.push_back(number);
  }
  if (numbers.size() != count || at != end) {
    throw state_error("the saved position \"" + std::string(text) +
                      "\" is none of this source: it was written by another version or component");
  }
  return numbers;
}

std::string dealt_position(uint64_t next, uint32_t partitions) {
  return std::to_string(next) + " " + std::to_string(partitions);
}

uint64_t read_dealt_position(std::string_view text, uint32_t partition, uint32_t partitions,
                             uint64_t block) {
  const std::vector<int64_t> numbers = read_position(text, 2);
  const auto next = static_cast<uint64_t>(numbers[0]);
  if (numbers[1] != partitions) {
    throw state_error("cannot go on with partitions = " + std::to_string(partitions) + ": it was " +
                      std::to_string(numbers[1]) +
                      " when the snapshot was taken, and must stay so while the job is continued");
  }
  if (next / block % partitions != partition) {
    throw state_error("the saved position \"" + std::string(text) + "\" is not in partition " +
                      std::to_string(partition) + " of " + std::to_string(partitions));
  }
  return next;
}

}  // namespace streamhost::demo
