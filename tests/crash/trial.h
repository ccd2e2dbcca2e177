// One job in one folder, run again and again on one store: the history of what was done to it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "crash/disturbance.h"
#include "crash/job.h"
#include "support/process.h"

namespace streamhost::crash {

// A folder that is removed with all it holds, unless somebody wants to look at it.
class KeepableFolder {
 public:
  explicit KeepableFolder(const std::string& name);
  ~KeepableFolder();
  KeepableFolder(const KeepableFolder&) = delete;
  KeepableFolder& operator=(const KeepableFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  std::filesystem::path path_;
  bool kept_ = false;
};

// How a job is started.
struct RunWith {
  int workers = 2;
  int store_partitions = 1;
  std::string epoch = "20ms";
  bool recovery = true;
  std::string plugins = "v1";            // which build of the plugin crash
  std::vector<std::string> more;         // further arguments
  std::vector<std::string> environment;  // "NAME=value"
};

// The store of a trial, relative to its folder.
inline constexpr const char* kStore = "store";

class Trial {
 public:
  enum class End {
    kByItself,   // with status 0
    kDisturbed,  // by the kill or the drain that was asked for
    kFailed,     // in any other way; see failure()
  };

  // Writes the manifest; the input is the caller's to write.
  explicit Trial(const CrashJob& job);

  const CrashJob& job() const { return job_; }
  const std::filesystem::path& folder() const { return folder_.path(); }

  // The command that runs the job here.
  std::vector<std::string> command(const RunWith& with) const;

  // Runs the job, disturbs it, and waits for its end. A kill counts as kDisturbed only when it
  // found the process alive; a drain when it was sent to a process that then ended with status 0.
  End run(const Disturbance& disturbance, const RunWith& with);

  // How long the last run lasted.
  Micros last_took() const { return last_took_; }

  // Notes a failure and keeps the folder. Only the first one counts.
  void fail(const std::string& what);
  // The failure with all that is needed to understand it: folder, runs, last words of the job.
  const std::optional<std::string>& failure() const { return failure_; }

 private:
  const CrashJob& job_;
  KeepableFolder folder_;
  std::vector<std::string> history_;
  std::string last_words_;
  Micros last_took_{0};
  std::optional<std::string> failure_;
};

}  // namespace streamhost::crash
