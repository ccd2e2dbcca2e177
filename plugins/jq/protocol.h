// What the plugin and its helper say to each other, over a socket between two processes of one
// machine: structs as they lie in memory, each followed by the bytes it announces.
//
//   plugin                              helper
//   Hello, the program             ->
//                                  <-   Reply kReady, or kRefused or kFault with a message
//   Request, its items             ->
//                                  <-   for each item, in order: any number of kLog, then kResults
//                                  or kBad
//                                       (kFault in place of it: the helper has ended itself)
//   closes                              ends
#pragma once

#include <cstdint>

namespace streamhost::jq {

enum class Mode : uint32_t { kMap, kFilter, kFlatMap };

constexpr uint32_t kNone = UINT32_MAX;  // the size of a key or value that is absent

struct Hello {
  Mode mode;
  uint32_t plain_text;    // strings are put out without quotes
  uint64_t timeout_us;    // computing time for one record
  uint64_t memory_limit;  // bytes
  uint64_t program_size;
};

struct Request {
  uint64_t count;
  uint64_t bytes;  // of the items: Item, key, value each
};
struct Item {
  int64_t timestamp;  // INT64_MIN: absent
  uint32_t key_size;
  uint32_t value_size;
};

enum class Answer : uint32_t {
  kReady,
  kRefused,  // the program cannot be compiled: "LINE:COLUMN: message", or a message
  kResults,  // `count` results, each a uint32_t size and its bytes; of filter: 1 or 0, without
             // bytes
  kBad,      // what is wrong with the item
  kFault,    // the same, or with the program; the helper is gone
  kLog       // a line for the log; answers nothing
};

struct Reply {
  Answer answer;
  uint32_t count;
  uint64_t bytes;
};

}  // namespace streamhost::jq
