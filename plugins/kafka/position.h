// Where a partition is: what a snapshot keeps of it.
//
//   position = "1 " ( offset | "earliest" | "start" )
//
// The number is the version. `offset`: of the next message, in decimal. `earliest`: before the
// first message that there is. `start`: nothing was read yet, and where to begin was not yet found
// out: as the option `start` says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kafka_plugin {

struct Position {
  enum class Kind { start, earliest, offset } kind = Kind::start;
  int64_t offset = 0;

  static Position at(int64_t offset) { return {Kind::offset, offset}; }
  static Position earliest() { return {Kind::earliest, 0}; }
  bool operator==(const Position&) const = default;
};

std::string format_position(const Position& position);

// Throws state_error for what is no position, or one of a later version; `name` is the partition's.
Position parse_position(std::string_view text, std::string_view name);

}  // namespace kafka_plugin
