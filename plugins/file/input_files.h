// Which files an option `path` means, and opening them.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "common/descriptor.h"

namespace file_plugin {

// The regular files that `path` names, sorted by byte value:
//   - a file: that file;
//   - a directory: the files directly in it, without those whose name begins with a dot;
//   - a glob pattern (*, ?, [..]) that is not itself the name of something: the files it matches.
// Subdirectories and special files in a directory or among the matches are passed over. Throws
// streamhost::Error (unavailable) when nothing is there, nothing matches, the file is not a regular
// one, or any of them may not be read.
std::vector<std::string> input_files(const std::string& path);

struct InputFile {
  plugin_common::Descriptor descriptor;
  struct stat status;
};
// Opens a regular file for reading. Throws like input_files.
InputFile open_input(const std::string& path);

// Reads up to `size` bytes at the descriptor's place; 0 at the end. `offset` is for the message of
// the streamhost::Error (unavailable) that is thrown when it fails.
size_t read_input(int fd, void* bytes, size_t size, const std::string& path, uint64_t offset);

}  // namespace file_plugin
