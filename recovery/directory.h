// The directory of a store: which files it has, and who may write to them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "recovery/result.h"

namespace streamhost::recovery {

// "part-0-of-4.sqlite"
std::string part_name(uint32_t index, uint32_t count);

struct Listing {
  uint32_t count = 0;  // of the files that belong to the store; 0: none is there
  std::vector<std::filesystem::path> files;    // one for each, in order, there or not
  std::vector<std::filesystem::path> missing;  // those that are not there
};

// Looks which files a directory has; refuses those of several stores side by side.
Result<Listing> list_files(const std::filesystem::path& directory);
// The files that a store of `count` has.
Listing all_missing(const std::filesystem::path& directory, uint32_t count);

// Keeps every other process (and every other Store of this one) out of some files of a directory
// while it lives. Processes may each have some files of one directory.
class PartLocks {
 public:
  PartLocks() = default;
  ~PartLocks();
  PartLocks(PartLocks&& other) noexcept;
  PartLocks& operator=(PartLocks&& other) noexcept;

  // Locks these parts; refuses when somebody else holds one.
  static Result<PartLocks> take(const std::filesystem::path& directory,
                                const std::vector<uint32_t>& parts);
  // Who holds each of `count` parts right now: 0: nobody; -1: it cannot be told. Leaves no trace.
  static std::vector<int64_t> holders(const std::filesystem::path& directory, uint32_t count);

 private:
  explicit PartLocks(int file) : file_(file) {}
  int file_ = -1;
};

// "/d: another job works on this store (process 12); stop it, or use another directory"
Failure store_in_use(const std::string& directory, int64_t holder);

}  // namespace streamhost::recovery
