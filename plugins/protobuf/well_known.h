// The texts that timestamps, durations and field masks are in JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace streamhost::protobuf {

struct SecondsAndNanos {
  int64_t seconds = 0;
  int32_t nanos = 0;
  bool operator==(const SecondsAndNanos&) const = default;
};

// A text that is at most this long.
struct TimeText {
  char bytes[40];
  size_t size = 0;
  std::string_view view() const { return {bytes, size}; }
  bool operator==(std::string_view text) const { return view() == text; }
};

// "2024-05-01T10:00:00.250Z", with 0, 3, 6 or 9 digits behind the point. Empty when it is not a
// time of the years 1 to 9999, or nanos are not in 0 .. 999,999,999.
std::optional<TimeText> timestamp_text(SecondsAndNanos time);
// Reads RFC 3339 with up to 9 digits behind the point, "Z" or an offset. Empty when it is none.
std::optional<SecondsAndNanos> parse_timestamp(std::string_view text);

// "1.500s", "-0.250s". Empty when it is beyond 10,000 years, or the signs differ.
std::optional<TimeText> duration_text(SecondsAndNanos duration);
// Reads seconds with up to 9 digits behind the point, and "s". Empty when it is none.
std::optional<SecondsAndNanos> parse_duration(std::string_view text);

// A path of a field mask from snake_case to lowerCamelCase, and back. Empty when the way back would
// not lead here.
std::optional<std::string> camel_path(std::string_view snake);
std::optional<std::string> snake_path(std::string_view camel);

}  // namespace streamhost::protobuf
