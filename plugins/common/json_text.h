// Just enough JSON to build results from values, and to read a small lookup file: texts are checked
// and cut into pieces, never turned into trees.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "json_string.h"

namespace plugin_common {

// True when the whole of `text`, spaces around it allowed, is one JSON value: strict RFC 8259,
// valid UTF-8, at most 256 levels deep.
bool is_json(std::string_view text);

// `text` without the spaces around it.
std::string_view json_trimmed(std::string_view text);

// Appends the value as JSON: as it is when it is JSON already, as a string otherwise.
void append_json_or_string(std::string& to, std::string_view value);

// The text that a JSON string (with its quotes, known to be valid) stands for. A lone surrogate
// becomes U+FFFD.
std::string json_unescaped(std::string_view quoted);

// Walks through the members of one JSON object.
//
//   JsonMembers members(text);
//   while (members.next()) use(members.name(), members.value());
//   if (!members.done()) complain(members.offset());
class JsonMembers {
 public:
  explicit JsonMembers(std::string_view text);

  // Goes to the next member; false at the end, or where the text is no longer JSON.
  bool next();
  // After next() was false: whether the whole text was one valid object.
  bool done() const { return done_; }
  // The byte at which the text was given up.
  size_t offset() const { return at_; }

  std::string name() const { return json_unescaped(name_); }
  // The member's value as it stands in the text.
  std::string_view value() const { return value_; }

 private:
  bool advance();

  std::string_view text_, name_, value_;
  size_t at_ = 0;
  bool first_ = true;
  bool over_ = false;
  bool done_ = false;
};

}  // namespace plugin_common
