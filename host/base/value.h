// A value as it stands in a manifest, with the place where it stands.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace streamhost {

// A place in a file; line and column count from 1, 0 means unknown.
struct Location {
  std::shared_ptr<const std::string> file;
  uint32_t line = 0;
  uint32_t column = 0;

  // "job.toml:7:1", or as much of it as is known.
  std::string text() const;
};

struct Value {
  enum class Kind { kString, kInteger, kFloat, kBool, kTime, kList, kTable };

  Kind kind = Kind::kString;
  std::string string;        // kString, after ${...} was replaced
  bool substituted = false;  // kString: some of it came from ${...}
  std::string written;       // then: the text as it stands in the manifest
  int64_t integer = 0;       // kInteger; kTime: microseconds since the Unix epoch
  double floating = 0;       // kFloat
  bool boolean = false;
  std::vector<Value> list;
  std::vector<std::pair<std::string, Value>> table;  // in file order
  Location where;                                    // of the value
  Location key_where;                                // of its key, when it has one
};

// A string that came out of ${...} as the integer, float or boolean that it spells, so that
// `count = "${COUNT}"` works; every other value as it is.
Value reread_substituted(const Value& value);

// "a string", "an integer", ...: for messages.
const char* kind_name(Value::Kind kind);

}  // namespace streamhost
