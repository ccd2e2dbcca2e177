#include "manifest/read_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace streamhost {
namespace {

Status cannot_read(const std::filesystem::path& path, const std::string& why) {
  return Status::usage("cannot read " + path.string() + ": " + why);
}

Status cannot_read(const std::filesystem::path& path, int error) {
  return cannot_read(path, std::generic_category().message(error));
}

class File {
 public:
  // Non-blocking, because opening a pipe that nobody writes to would wait for ever.
  explicit File(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

Result<std::string> read_text(const std::filesystem::path& path, size_t max_bytes) {
  if (path.native().find('\0') != std::string::npos) {
    return cannot_read(path, "its name contains a NUL character");
  }
  const File file(path);
  if (file.fd() < 0) return cannot_read(path, errno);
  struct stat info {};
  if (::fstat(file.fd(), &info) != 0) return cannot_read(path, errno);
  if (S_ISDIR(info.st_mode)) return cannot_read(path, EISDIR);
  if (!S_ISREG(info.st_mode)) return cannot_read(path, "it is not a regular file");

  // Not sized by st_size: files of /proc say 0.
  std::string content;
  char buffer[16384];
  for (;;) {
    const ssize_t got = ::read(file.fd(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(path, errno);
    if (got == 0) return content;
    content.append(buffer, static_cast<size_t>(got));
    if (content.size() > max_bytes) {
      return cannot_read(path, "it is larger than " + std::to_string(max_bytes) + " bytes");
    }
  }
}

}  // namespace streamhost
