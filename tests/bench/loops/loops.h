// The hand-written loops: what a good engineer writes in an afternoon for the one job, on one
// thread. Each does the work from input to result file, and throws std::runtime_error on failure.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

// Counts the lowercased words of a text: "word\tcount" lines. Words are runs of letters, digits,
// '_', '\'' and bytes from 0x80.
void wordcount(const std::string& input, const std::string& output);

// Counts `records` keys "k0000042" drawn from `keys` of them: "key\tcount" lines.
void keyed_count(uint64_t records, uint64_t keys, const std::string& output);

// Hands `records` records with values of `size` bytes (at least 24) through `steps` functions, each
// called through a pointer with a batch. With `copy`, a step makes a new descriptor of every
// record; without, it looks at each and hands the batch on. Writes "records bytes" of what arrived.
void pass_through(uint64_t records, uint64_t size, uint64_t steps, bool copy,
                  const std::string& output);

// Reads "station;temperature" lines: "station\tcount\tmin\tmean\tmax" lines.
void stations(const std::string& input, const std::string& output);

// Reads JSON lines, takes /country and /amount of each, and adds up the amounts of at least
// `least` by country: "country\tsum" lines.
void json_sum(const std::string& input, int64_t least, const std::string& output);

}  // namespace bench
