// Components for the engine's own tests, without shared objects: sources that count, operators from
// a function, sinks that collect. Written with the SDK, as a plugin would; kept behind this header
// because host and SDK use some of the same names.
#pragma once

#include <streamhost/abi.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace streamhost::testing {

// Puts out a record; an empty key stands for none.
using Emit = std::function<void(std::string_view key, std::string_view value)>;

// Record `i` of partition `p`.
using Produce = std::function<void(uint64_t p, uint64_t i, const Emit& emit)>;

struct SourcePlan {
  uint32_t partitions = 1;
  uint64_t records = 0;     // in each partition; UINT64_MAX: endless
  uint64_t rest_every = 0;  // says "not now, poll me in rest_us" after so many
  int64_t rest_us = 1000;
  bool by_waker = false;    // rests until a thread of its own wakes the worker
  uint32_t fail_polls = 0;  // the first polls fail, and may be tried again
  uint32_t fail_after = 0;  // and do so after they put out this many records
  std::atomic<uint64_t>* produced = nullptr;
};
const sh_component* source(Produce produce, SourcePlan plan);

// Called once per record; throws bad data when `value` is "bad".
using Process = std::function<void(std::string_view key, std::string_view value, const Emit& emit)>;
const sh_component* op(Process process, uint32_t flags = 0);
// Names the bad record by its index in the batch, as a plugin in C would.
const sh_component* op_that_names_bad_records();
// Puts out each value from memory of its own, and counts what is given back.
const sh_component* op_that_adopts(std::atomic<int64_t>* outstanding);

// Counts the records of a key and puts the count out at the end; combines if asked to.
const sh_component* counter(bool combines);
// Puts out "N" for the Nth record of each key, at once.
const sh_component* running_counter();
// Keeps the values of a key as text, so that its state owns memory; puts them out at the end.
// `alive` counts states.
const sh_component* gatherer(std::atomic<int64_t>* alive);
// Puts out the number of records of a key `delay_us` after the first, then forgets the key.
const sh_component* delayed_counter(int64_t delay_us);

// What a sink received, and what was asked of it.
struct Collected {
  struct Row {
    std::string key, value;
    uint32_t partition = 0, worker = 0;
    auto operator<=>(const Row&) const = default;
  };
  std::mutex mutex;
  std::vector<Row> rows;
  std::atomic<int> opened{0}, prepared{0}, committed{0}, aborted{0}, closed{0}, flushed{0};
  std::atomic<uint64_t> count{0};
  std::atomic<uint64_t> flushed_count{0};  // of `count`, at the last flush

  std::vector<std::string> sorted_values();
};
struct SinkPlan {
  uint32_t partitions = 0;     // 0: dynamic
  uint32_t takes_at_most = 0;  // records of a batch; the rest is offered again
  int64_t rest_us = 1000;      // after a batch that was not taken whole
  bool keep_rows = true;
  bool rejects_bad = false;               // records with the value "bad"
  uint32_t fail_prepare_of = UINT32_MAX;  // worker whose prepare fails
};
const sh_component* sink(std::shared_ptr<Collected> to, SinkPlan plan = {});

}  // namespace streamhost::testing
