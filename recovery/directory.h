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

// Keeps every other process (and every other Store of this one) out of a directory while it lives.
class DirectoryLock {
 public:
  DirectoryLock() = default;
  ~DirectoryLock();
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;

  // Refuses when somebody else holds it.
  static Result<DirectoryLock> take(const std::filesystem::path& directory);
  // Whether somebody holds it right now. Leaves no trace.
  static bool held(const std::filesystem::path& directory);

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  int file_ = -1;
};

}  // namespace streamhost::recovery
