// Logical types as people write them: dates, times of day, timestamps (RFC 3339) and decimals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema.h"

namespace streamhost::avro {

// Room that write_time() needs.
inline constexpr size_t kTimeRoom = 40;

// Writes `value` of a logical type that is an int or long: 2024-05-01, 10:00:00.250,
// 2024-05-01T10:00:00.250Z, without the Z for local ones. Null when the text cannot say it: years
// outside 1 to 9999, times of day outside of a day.
char* write_time(char* to, Logical logical, int64_t value);

// Reads such a text; a timestamp may have another offset than Z. Empty when it is none, or has more
// decimals than the type.
std::optional<int64_t> read_time(std::string_view text, Logical logical);

// Appends the number that the bytes stand for (two's complement, big end first, the last `scale`
// digits decimals): all its digits, never an exponent. False when it has more than `precision`.
bool append_decimal(std::string& to, std::string_view bytes, uint32_t precision, uint32_t scale);

// The other way: the fewest bytes that hold the number in `text`, which may have an exponent.
// Otherwise `*problem` says what is wrong with it.
std::optional<std::string> decimal_bytes(std::string_view text, uint32_t precision, uint32_t scale,
                                         const char** problem);

}  // namespace streamhost::avro
