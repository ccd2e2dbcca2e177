// Opens a plugin's file only if nobody but its owner and root could have put something else there.
#pragma once

#include <filesystem>
#include <string>

#include "base/status.h"

namespace streamhost {

// An open file descriptor, closed when this goes.
class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  OpenFile(OpenFile&& other) noexcept : fd_(other.release()) {}
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile();

  int fd() const { return fd_; }
  // The descriptor, which the caller closes or keeps.
  int release();

 private:
  int fd_;
};

// Opens `path` for reading. Refuses (kPlugin) what is not a regular file, and a file or a folder
// holding it that others may write to: mode bits for all, for a group that is neither root's nor
// the process's own, or an owner who is neither root nor the process's user. A symbolic link is
// followed, and the folder that it leads to is checked as well.
// With a non-empty `sha256` (hex, either case), the content must have that digest. Everything is
// looked at through the descriptor that is returned. [any thread]
Result<OpenFile> open_trusted(const std::filesystem::path& path, const std::string& sha256);

}  // namespace streamhost
