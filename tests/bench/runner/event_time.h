// Event time: the rates of Nexmark's queries, what is left of keys that are over, and what open
// windows cost while nothing happens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "idle.h"

namespace bench {

struct NexmarkRate {
  std::string query;  // "q5"
  unsigned workers = 1;
  uint64_t events = 0;   // all that happen, those that the query does not look at included
  double per_s = 0;      // of them: the median
  uint64_t results = 0;  // records that came to the sink
  uint64_t peak_kb = 0;
};
// Runs the manifest QUERY.toml of `folder` with its sink replaced by one that drops everything.
NexmarkRate measure_nexmark(const HostCommand& host, const std::string& folder,
                            const std::string& query, unsigned workers, unsigned runs);

// Session windows over 10 million keys that come twice each and never again, and then silence;
// beside the same job with one key.
struct ForgottenKeys {
  static constexpr uint64_t kKeys = 10'000'000;
  struct Shape {
    unsigned workers = 1;
    bool recovery = false;
    bool at_once = false;   // all sessions are open until the last key was there; else they pass by
    bool one_left = false;  // one key has sessions in the silence, too
  };
  Shape shape;
  double busy_s = 0;  // until the last key was there
  uint64_t peak_kb = 0;
  uint64_t kb = 0, empty_kb = 0;  // resident in the silence, and of the job with one key
  uint64_t store_bytes = 0, empty_store_bytes = 0;
  uint64_t peak_store_bytes = 0;

  // Whether memory and store came back to those of the empty job.
  bool met() const;
};
ForgottenKeys measure_forgotten(const HostCommand& host, const ForgottenKeys::Shape& shape);

// A job with open windows that waits for its next line.
struct IdleWindows {
  unsigned workers = 1;
  double switches_per_s = 0;  // voluntary, of all threads
  double cpu_percent = 0;     // of one core
};
IdleWindows measure_idle_windows(const HostCommand& host, unsigned workers);

struct TimeReport {
  std::vector<NexmarkRate> nexmark;
  std::vector<ForgottenKeys> forgotten;
  std::vector<IdleWindows> idle;
};

// As lines for people, and as members of a JSON object, each with a comma before it.
std::string table(const TimeReport& report);
std::string json_members(const TimeReport& report);

}  // namespace bench
