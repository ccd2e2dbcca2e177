#include "input_files.h"

#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <streamhost/sdk.hpp>

namespace file_plugin {

namespace sh = streamhost;
using plugin_common::Descriptor;
using plugin_common::error_text;
using plugin_common::quoted;

namespace {

sh::Error cannot_read(const std::string& path, int error) {
  return sh::unavailable("cannot read " + quoted(path) + ": " + error_text(error));
}

sh::Error not_regular(const std::string& path) {
  return sh::unavailable(quoted(path) +
                         " is not a regular file; to read a pipe or a terminal, use stdio.lines");
}

bool is_regular(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::vector<std::string> in_directory(const std::string& path) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator at(path, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().filename().native()[0] != '.' && is_regular(at->path().native())) {
      files.push_back(at->path().native());
    }
  }
  if (error) throw cannot_read(path, error.value());
  if (files.empty()) throw sh::unavailable("there are no files in the directory " + quoted(path));
  return files;
}

std::vector<std::string> matching(const std::string& pattern) {
  glob_t found{};
  const int result = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
  std::vector<std::string> files;
  if (result == 0) {
    for (size_t i = 0; i < found.gl_pathc; ++i) {
      if (is_regular(found.gl_pathv[i])) files.emplace_back(found.gl_pathv[i]);
    }
  }
  ::globfree(&found);
  if (result == GLOB_NOSPACE) throw std::bad_alloc();
  if (files.empty()) throw sh::unavailable("no file matches " + quoted(pattern));
  return files;
}

}  // namespace

std::vector<std::string> input_files(const std::string& path) {
  std::vector<std::string> files;
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) {
    const int error = errno;
    if (error != ENOENT || path.find_first_of("*?[") == std::string::npos) {
      throw cannot_read(path, error);
    }
    files = matching(path);
  } else if (S_ISDIR(status.st_mode)) {
    files = in_directory(path);
  } else if (S_ISREG(status.st_mode)) {
    files = {path};
  } else {
    throw not_regular(path);
  }
  for (const std::string& file : files) {
    if (::access(file.c_str(), R_OK) != 0) throw cannot_read(file, errno);
  }
  std::sort(files.begin(), files.end());
  return files;
}

InputFile open_input(const std::string& path) {
  // Not blocking: somebody may have put a pipe there meanwhile, whose open would wait.
  InputFile file{Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)), {}};
  if (!file.descriptor) throw cannot_read(path, errno);
  if (::fstat(file.descriptor.get(), &file.status) != 0) throw cannot_read(path, errno);
  if (!S_ISREG(file.status.st_mode)) throw not_regular(path);
  ::posix_fadvise(file.descriptor.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return file;
}

size_t read_input(int fd, void* bytes, size_t size, const std::string& path, uint64_t offset) {
  for (;;) {
    const ssize_t n = ::read(fd, bytes, size);
    if (n >= 0) return static_cast<size_t>(n);
    if (errno != EINTR) {
      throw sh::unavailable("cannot read " + quoted(path) + " at byte " + std::to_string(offset) +
                            ": " + error_text(errno));
    }
  }
}

}  // namespace file_plugin
