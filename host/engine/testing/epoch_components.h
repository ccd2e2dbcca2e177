// Components for tests of epochs, snapshots and resume; see components.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/testing/components.h"

namespace streamhost::testing {

// Puts out records "k<i % keys>" whose value is the epoch that they were put out in. Every
// `rest_every` records it rests for some microseconds.
struct EpochSourcePlan {
  uint32_t partitions = 1;
  uint64_t records = 0;
  uint64_t keys = 97;
  uint64_t rest_every = 64;
  int64_t rest_us = 100;
};
const sh_component* epoch_source(EpochSourcePlan plan);

// Pass records on, and count those that they see in another epoch than the source did.
const sh_component* epoch_op(std::atomic<uint64_t>* wrong, uint32_t flags = 0);
const sh_component* epoch_keyed(std::atomic<uint64_t>* wrong);

// Records of an epoch become visible when it is committed, by a two-phase protocol whose every rule
// it checks.
struct TwoPhase {
  std::mutex mutex;
  std::map<std::string, std::vector<std::string>> staged;  // by handle
  std::vector<std::string> visible;
  std::map<std::string, uint64_t> committed;  // handle to epoch
  uint64_t again = 0;                         // how often prepare and commit each say "not yet"
  std::atomic<uint64_t> wrong{0};             // records of another epoch than they were put out in
  std::atomic<uint64_t> prepared{0}, commits{0}, aborted{0};
  std::string broken_rule;

  void broken(const std::string& rule);
};
const sh_component* two_phase_sink(std::shared_ptr<TwoPhase> world, uint32_t partitions);

// Fails the job once, at a record or in a call, when `armed` reaches 0.
struct Fault {
  std::atomic<int64_t> left{INT64_MAX};
  void step();  // throws when it is time
};
// Puts out the records of a partition, key "k<i % keys>", value "<partition>:<i>"; resumes.
const sh_component* resumable_source(uint32_t partitions,
                                     std::shared_ptr<std::atomic<uint64_t>> records, uint64_t keys,
                                     std::shared_ptr<Fault> fault);
// Puts out "key N value" for the Nth record of a key; its states own memory, and `alive` counts
// them. Forgets a key after every `forget_every` records (0: never), and with `delay_us` only when
// a timer of that length says so.
struct LedgerPlan {
  uint64_t forget_every = 0;
  int64_t delay_us = 0;
};
// Puts out "key N" for the Nth record of a key. At the end of input "key end N" when `ends`, and
// otherwise says that the states be kept.
const sh_component* ending_counter(bool ends);
const sh_component* ledger(std::shared_ptr<Fault> fault, std::atomic<int64_t>* alive,
                           LedgerPlan plan = {});
// Lists of records by partition, cut back to the saved length on resume.
struct Disk {
  std::mutex mutex;
  std::map<std::string, std::vector<std::string>> files;
  std::vector<std::string> sorted();
};
const sh_component* disk_sink(std::shared_ptr<Disk> disk, uint32_t partitions,
                              std::shared_ptr<Fault> fault);

// -- Event time.

// Record i of partition p: key "k<i % keys>", event time i * step_us; in order, at the pace of the
// partition: partition p rests p * rest_us after every 50 records. Resumes. A partition listed in
// `silent` has none at all, but does not end before all others could have.
struct TimedPlan {
  uint32_t partitions = 3;
  uint64_t records = 1000;
  uint64_t keys = 20;
  int64_t step_us = 1000;
  int64_t rest_us = 100;
  int64_t silent = -1;  // this one says "not now" for so long:
  int64_t silent_for_us = 0;
};
const sh_component* timed_source(TimedPlan plan, std::shared_ptr<Fault> fault);
// Two partitions with the event times 0, 1, ..., each with a key of its own. When asked, the first
// puts out all that it may, the second `step` records.
struct AbreastPlan {
  uint64_t records = 0;  // in each
  uint32_t step = 16;
};
// By how many records the first was ahead of the second.
struct AbreastLead {
  std::atomic<uint64_t> second{0};    // records it has put out
  std::atomic<uint64_t> greatest{0};  // lead
};
const sh_component* abreast_source(AbreastPlan plan, std::shared_ptr<AbreastLead> lead);
// Counts the records of a key in tumbling windows by timers of the event clock, and puts out
// "key window count" when one closes. `late` counts records that come before the watermark.
const sh_component* window_counter(int64_t length_us, std::atomic<uint64_t>* late,
                                   std::shared_ptr<Fault> fault);

}  // namespace streamhost::testing
