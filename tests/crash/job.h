// A job that the harness runs, kills and runs again: its manifest, its input, and what its output
// must be like.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "crash/compare.h"
#include "crash/input.h"

namespace streamhost::crash {

// Something that a job writes.
struct Output {
  enum class Kind {
    kFile,       // one file
    kDirectory,  // the files of file.partitioned; the name of each counts as part of its lines
    kTwoPhase,   // the committed files of testing.two_phase, one after the other
  };
  Kind kind = Kind::kFile;
  std::string path;  // relative to the job's folder
  Order order = Order::kLines;
  bool one_for_one = false;  // as many lines as the input has
  bool flatten = false;      // see flattened()
  bool nothing = false;      // it must stay empty
};

struct CrashJob {
  std::string name;
  std::string manifest;                 // with paths relative to the job's folder
  std::function<Input(Random&)> input;  // null: the sources need none
  std::vector<Output> outputs;
  bool grows = false;  // continued with more input it gives what it gives for all of it at once
};

// The name, for test reports.
inline void PrintTo(const CrashJob& job, std::ostream* to) { *to << job.name; }

// All jobs, see jobs.h.
const std::vector<CrashJob>& jobs();
// The one of that name; throws when there is none.
const CrashJob& job_named(const std::string& name);

// What a run has left, as text to compare; empty when there is nothing. Throws when an output
// cannot be read.
std::string read_output(const Output& output, const std::filesystem::path& folder);

// One text for each output of the job.
std::vector<std::string> read_outputs(const CrashJob& job, const std::filesystem::path& folder);

// Nothing when all outputs are as expected; otherwise which is not, and how.
std::optional<std::string> difference(const CrashJob& job, const std::vector<std::string>& expected,
                                      const std::vector<std::string>& actual);

}  // namespace streamhost::crash
