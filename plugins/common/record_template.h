// The text form of a record, as a sink's option `format` describes it:
//   {key}  {value}  {timestamp}  {header:NAME}     and {{ }} for braces.
// A key, value or header that is absent is empty text. {timestamp} is the event time in RFC 3339,
// in UTC, with a fraction of a second only if there is one: 2024-05-01T10:00:00.25Z.
#pragma once

#include <streamhost/sdk.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "output_buffer.h"

namespace plugin_common {

// Compiled once, immutable after.
class RecordTemplate {
 public:
  // Throws streamhost::Error (config) that names the mistake and its column in `format`.
  explicit RecordTemplate(std::string_view format);

  // Appends each record, and a newline after each. What then is in the buffer are whole records:
  // none is cut by a flush on the way, except one that is larger than the buffer.
  void write(const sh_batch& batch, OutputBuffer& to) const;

 private:
  enum class Kind { kLiteral, kKey, kValue, kTimestamp, kHeader };
  struct Segment {
    Kind kind;
    std::string text;  // the literal, or the header's name
  };
  void write_values(const sh_batch& batch, OutputBuffer& to) const;
  void write_one(const sh_record& record, OutputBuffer& to) const;

  std::vector<Segment> segments_;  // the newline is part of them
  bool only_value_ = false;
};

// Writes a time in microseconds since the Unix epoch to `to`, at most kTimestampSize bytes. Returns
// the end.
constexpr size_t kTimestampSize = 40;
char* write_timestamp(int64_t us, char* to);

}  // namespace plugin_common
