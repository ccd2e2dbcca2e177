// A job that was killed part-way, its store, and what tests of damage ask of it.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "crash/runner.h"

namespace streamhost::crash {

// Everything in a folder: relative path to bytes; a folder ends with a slash. Without SQLite's
// -shm files: they are memory that its processes share, hold nothing that lasts, and are made anew
// by whoever opens a database first.
using Contents = std::map<std::string, std::string>;
Contents contents_of(const std::filesystem::path& folder);
// Makes a folder hold exactly this.
void put_back(const Contents& contents, const std::filesystem::path& folder);
// The paths in which they differ, for a person; empty when they do not.
std::string changed(const Contents& before, const Contents& after);

// The files of a store that are SQLite databases, by name.
std::vector<std::filesystem::path> databases(const std::filesystem::path& store);

// The base of all tests of damage. The job is one of a counter per key from files to a file.
class Scene : public ::testing::Test {
 protected:
  // The jobs undisturbed; made once.
  static const CrashRunner& small_job();
  // The same to a two-phase sink, which cannot take back what it has committed.
  static const CrashRunner& small_two_phase_job();

  // A trial of a job with all its input; nothing was run yet.
  static std::unique_ptr<Trial> new_trial(const CrashRunner& of = small_job());
  // Runs it until the store has `epochs` more epochs, and kills it then.
  static void run_until(Trial& trial, int epochs, RunWith with = {});
  // Runs it and expects that the store is refused: status 4, all of `words` on standard error, and
  // not a byte of the trial's folder changed.
  static void expect_refused(Trial& trial, const std::vector<std::string>& words,
                             const RunWith& with = {});
  // Runs it to its end and expects that the output is as if nothing had ever happened.
  static void expect_right(Trial& trial, const RunWith& with = {});

  // Replaces `from`, which must be there, in the manifest.
  static void edit_manifest(const Trial& trial, const std::string& from, const std::string& to);

  // Makes a run so slow that it has a hundred epochs and more.
  static constexpr const char* kSlowly = "CRASH_PACE=15ms";

  static std::filesystem::path store(const Trial& trial) { return trial.folder() / kStore; }
};

// Whether this process can make mounts of its own; if not, why, is on standard output.
bool can_mount();
// `script` run by sh with mounts of its own, which end with it. "$@" are `arguments`.
std::vector<std::string> with_own_mounts(const std::string& script,
                                         const std::vector<std::string>& arguments);

}  // namespace streamhost::crash
