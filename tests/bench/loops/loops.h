// The hand-written loops: what a good engineer writes in an afternoon for the one job, on one
// thread. Each does the work from input to result file, and throws std::runtime_error on failure.
#pragma once

#include <cstdint>
#include <string>

#include "../plugin/timed_records.h"

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

// Count the records of each key in windows of event time: tumbling ones; sliding ones that are ten
// offsets long; sessions, `gap_us` longer than the disorder. Each writes "rows sum" of its results.
void tumbling(const TimedShape& shape, int64_t length_us, const std::string& output);
void sliding(const TimedShape& shape, int64_t offset_us, const std::string& output);
void sessions(const TimedShape& shape, int64_t gap_us, const std::string& output);

// Keep what is above a number: of numbers as text that are made from 0 on, and of JSON lines by
// /amount. Both write "records bytes" of what they keep.
void filter_text(uint64_t records, double above, const std::string& output);
void filter_json(const std::string& input, double above, const std::string& output);

// Sends so many bytes through a TCP connection of the loopback to another process, 256 KiB at a
// time, which only reads them. Writes "bytes nanoseconds", of what came and from the first byte to
// the last.
void loopback(uint64_t bytes, const std::string& output);

// Reads `records` messages of a topic from its beginning on, all partitions through one queue, in
// batches. Writes "records bytes" of the values.
void kafka_consume(const std::string& brokers, const std::string& name, uint64_t records,
                   const std::string& output);
// Sends `records` messages of `size` bytes, at least 24, by an idempotent producer, and looks at
// every delivery report. Writes "records bytes".
void kafka_produce(const std::string& brokers, const std::string& name, uint64_t records,
                   uint64_t size, const std::string& output);

}  // namespace bench
