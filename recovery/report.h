// What is in a store, for people: `streamhost recovery show`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "recovery/result.h"
#include "recovery/row.h"

namespace streamhost::recovery {

struct ReportedExecution {
  uint64_t number = 0;        // from 1
  int64_t started_us = 0;     // since the Unix epoch
  uint64_t resumed_from = 0;  // an epoch; 0: began anew
  uint32_t workers = 0, processes = 0;
  std::string host_version;
};

struct ReportedEpoch {
  uint64_t epoch = 0;
  uint64_t execution = 0;
  int64_t committed_us = 0;
  uint64_t rows = 0, bytes = 0;  // written for it
};

struct ReportedStep : StepInfo {
  uint64_t keys = 0;          // alive
  uint64_t bytes = 0;         // of keys and values alive
  uint64_t stored_bytes = 0;  // as they lie in the files, with what was replaced and not yet merged
  struct Key {
    std::string key;
    uint64_t bytes = 0;
  };
  std::vector<Key> biggest;  // biggest first
};

struct Report {
  std::string dataflow;
  uint32_t format = 0, partitions = 0;
  uint64_t resume_epoch = 0;  // 0: none
  uint64_t oldest_epoch = 0;  // the oldest that every file could still go back to; 0: none
  uint64_t file_bytes = 0;    // of all files
  bool in_use = false;        // a job runs on it
  std::vector<ReportedExecution> executions;  // newest last
  std::vector<ReportedEpoch> epochs;          // newest last
  std::vector<ReportedStep> steps;
};

// Reads a whole store, also while a job runs on it; `biggest`: how many keys of each step to name.
// Writes nothing.
Result<Report> report(const std::filesystem::path& directory, size_t biggest);

}  // namespace streamhost::recovery
