// A job for tests of the store: what each epoch writes follows from a seed and its number alone, so
// that what a store must hold at any epoch can be worked out without it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "recovery/store.h"

namespace streamhost::recovery::testing {

using Rows = std::map<std::string, std::pair<uint32_t, std::string>>;  // key: version, value
using State = std::map<std::string, Rows>;                             // by step

inline const std::vector<StepInfo> kSteps = {
    {"lines", StepKind::kSource, "file.lines", 1},
    {"counts", StepKind::kKeyed, "core.count", 2},
    {"out", StepKind::kSink, "file.lines", 1},
};

// One epoch: rows in the order they are added, and steps that are cleared in it.
struct EpochPlan {
  struct Change {
    uint32_t step = 0;
    bool erase = false;
    std::string key, value;
    uint32_t version = 0;
  };
  std::vector<Change> changes;
  std::vector<uint32_t> cleared;
};

struct TestJob {
  uint64_t seed = 1;
  uint32_t keys = 400;     // of each step
  uint32_t changes = 200;  // in an epoch, at most
  bool big_values = true;  // now and then

  EpochPlan plan(uint64_t epoch) const;
  // What the store holds at the end of an epoch.
  State state_at(uint64_t epoch) const;
};

// Brings `state` from one epoch to the next.
void apply_epoch(const EpochPlan& plan, State& state);

// Adds the rows of an epoch, ends it and waits; what it came to.
Outcome write_epoch(Store& store, uint64_t epoch, const EpochPlan& plan);
// Ends an epoch and waits.
Outcome end_epoch(Store& store, uint64_t epoch, std::vector<uint32_t> cleared = {});

// Opens; fails the test when that fails.
std::unique_ptr<Store> open_store(const std::filesystem::path& directory,
                                  std::optional<uint32_t> partitions = {}, int64_t backup_us = 0);
// Why it cannot be opened; "" when it can.
std::string refusal(const std::filesystem::path& directory, const std::string& dataflow = "test",
                    std::optional<uint32_t> partitions = {});
// Reads every row of every step that the store knows; fails the test when that fails.
State read_all(Store& store);
// The same, or the reason why not.
Result<State> try_read_all(Store& store);

// Opens, begins and writes the job's epochs up to `last`, then closes.
void run_job(const std::filesystem::path& directory, const TestJob& job, uint64_t last,
             uint32_t partitions = 1, int64_t backup_us = 0);

// The content of every file of a directory, but for SQLite's shared memory.
std::map<std::string, std::string> all_bytes(const std::filesystem::path& directory);
void copy_directory(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace streamhost::recovery::testing
