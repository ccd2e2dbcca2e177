// Durations, sizes and times as people write them. Strict: no spaces, no signs, no second spelling,
// and nothing that would have to be rounded. A refusal quotes the text and says what is accepted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace streamhost {

// "250ms", "10s", "1m", "2h30m", "1.5s", "0s"; units us ms s m h d, largest first, each once; a
// fraction only in the last. Microseconds, never negative.
Result<int64_t> parse_duration(std::string_view text);
// "64KiB", "1.5MB", "512"; units B KB MB GB TB (powers of 1000) and KiB MiB GiB TiB. Bytes.
Result<int64_t> parse_size(std::string_view text);
// RFC 3339: "2024-05-01T10:00:00Z", with fraction or offset; digits beyond microseconds are cut
// off. The leap second (":60") is refused. Microseconds since the Unix epoch.
Result<int64_t> parse_time(std::string_view text);

// A short form that parse_duration, parse_size and parse_time read back to the same value: "2h30m",
// "1.5s", "64KiB", "2024-05-01T10:00:00Z". Negative durations and sizes, which have no such form,
// come with a minus sign; times outside the years 0 to 9999 as a number of microseconds ("...us").
std::string format_duration(int64_t us);
std::string format_size(int64_t bytes);
std::string format_time(int64_t us);

}  // namespace streamhost
