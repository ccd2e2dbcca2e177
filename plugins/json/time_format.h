// Event times out of JSON values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace streamhost::json {

// RFC 3339: "2024-05-01T10:00:00Z", also with a space for the T, with a fraction and an offset.
// Microseconds since the Unix epoch; further digits of a fraction are cut off.
std::optional<int64_t> parse_rfc3339(std::string_view text);

class TimeFormat {
 public:
  // `name`: "auto", "rfc3339", "unix", "unix_ms", "unix_us", or a pattern with % in it as of
  // strptime, in UTC unless it has %z: %Y %y %m %b %d %e %H %M %S %f %z %F %T %s %%. Throws
  // config_error for any other.
  explicit TimeFormat(const std::string& name);

  // `text`: of a JSON number, or of a string when `quoted`. Microseconds since the Unix epoch;
  // empty when it is no such time.
  std::optional<int64_t> parse(std::string_view text, bool quoted) const;

  // For messages: "an RFC 3339 time", ...
  std::string describe() const;

 private:
  enum class Kind { kAuto, kRfc3339, kUnix, kUnixMs, kUnixUs, kPattern };
  // A conversion, or text that must be there; white space stands for any amount of it.
  struct Item {
    char conversion;  // 0: `literal`
    char literal;
  };
  std::optional<int64_t> parse_pattern(std::string_view text) const;

  Kind kind_ = Kind::kAuto;
  std::string name_;
  std::vector<Item> items_;
};

}  // namespace streamhost::json
