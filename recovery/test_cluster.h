// The processes of a cluster, all of them in this one, with a store that they share.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "recovery/shares.h"
#include "recovery/test_job.h"

namespace streamhost::recovery::testing {

struct ClusterOptions {
  std::vector<std::filesystem::path> directories;  // by process; may be the same
  std::optional<uint32_t> partitions = {};
  int64_t backup_us = 0;

  StoreOptions of(uint32_t process) const {
    return {.directory = directories[process],
            .dataflow = "test",
            .partitions = partitions,
            .backup_us = backup_us,
            .at = {}};
  }
};

// What the processes see, each after a way through bytes.
Result<std::vector<Holding>> look_all(const ClusterOptions& options);
// What they agree on; every process must come to the same, or the test fails.
Result<Share> agree_all(const ClusterOptions& options);
// Why they do not; "" when they do.
std::string refusal_of_all(const ClusterOptions& options);

struct Cluster {
  Share share;
  std::vector<std::unique_ptr<Store>> stores;  // by process

  uint64_t resume_epoch() const { return stores[0]->resume_epoch(); }
};

// Opens all; fails the test when that fails.
Cluster open_cluster(const ClusterOptions& options);
Outcome begin_all(Cluster& cluster);
// Adds what process `self` keeps of an epoch, ends it there and waits.
Outcome write_share(Store& store, uint32_t self, uint64_t epoch, const EpochPlan& plan);
// In all processes; then all know that it is committed.
Outcome write_epoch(Cluster& cluster, uint64_t epoch, const EpochPlan& plan);
// The rows that all files have, together; fails the test when a key comes twice.
State read_all(Cluster& cluster);

// Opens, begins and writes the job's epochs up to `last`, then closes.
void run_cluster(const ClusterOptions& options, const TestJob& job, uint64_t last);

}  // namespace streamhost::recovery::testing
