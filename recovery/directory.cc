#include "recovery/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

namespace streamhost::recovery {
namespace {

namespace fs = std::filesystem;

// Reads "part-1-of-4.sqlite"; false for every other name.
bool parse_name(std::string_view name, uint32_t& index, uint32_t& count) {
  const auto text = [&name](std::string_view expected) {
    if (name.substr(0, expected.size()) != expected) return false;
    name.remove_prefix(expected.size());
    return true;
  };
  const auto number = [&name](uint32_t& value) {
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
    if (error != std::errc()) return false;
    name.remove_prefix(static_cast<size_t>(end - name.data()));
    return true;
  };
  return text("part-") && number(index) && text("-of-") && number(count) && name == ".sqlite" &&
         index < count;
}

// The process that holds the lock; 0 when that cannot be told, or it is this one.
pid_t holder(int file) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return ::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? lock.l_pid : 0;
}

}  // namespace

std::string part_name(uint32_t index, uint32_t count) {
  return "part-" + std::to_string(index) + "-of-" + std::to_string(count) + ".sqlite";
}

Listing all_missing(const fs::path& directory, uint32_t count) {
  Listing listing;
  listing.count = count;
  for (uint32_t index = 0; index < count; ++index) {
    listing.files.push_back(directory / part_name(index, count));
  }
  listing.missing = listing.files;
  return listing;
}

Result<Listing> list_files(const fs::path& directory) {
  std::error_code error;
  std::string first;
  uint32_t count = 0;
  fs::directory_iterator entry(directory, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    uint32_t index = 0, of = 0;
    if (!parse_name(name, index, of)) continue;
    if (count != 0 && of != count) {
      return Failure{directory.string() + ": holds files of several stores, such as " + first +
                     " and " + name + "; leave those of one only"};
    }
    count = of;
    first = name;
  }
  if (error) {
    return Failure{directory.string() + ": cannot read the directory: " + error.message()};
  }
  Listing listing = all_missing(directory, count);
  std::erase_if(listing.missing, [](const fs::path& file) {
    std::error_code ignored;
    return fs::exists(file, ignored);
  });
  return listing;
}

Result<DirectoryLock> DirectoryLock::take(const fs::path& directory) {
  const fs::path path = directory / "lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) {
    return Failure{path.string() + ": cannot open it: " + std::strerror(errno) +
                   "; give this user the right to write the directory, or use another one"};
  }
  DirectoryLock lock(file);
  // Somebody who only asks whether it is held holds it for an instant.
  for (int attempt = 0; ::flock(file, LOCK_EX | LOCK_NB) != 0; ++attempt) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return Failure{path.string() + ": cannot lock it: " + std::strerror(errno)};
    }
    if (attempt < 20) {
      ::usleep(5000);
      continue;
    }
    const pid_t pid = holder(file);
    return Failure{directory.string() + ": another job works on this store" +
                   (pid > 0 ? " (process " + std::to_string(pid) + ")" : std::string()) +
                   "; stop it, or use another directory"};
  }
  // flock() tells apart what happens within one process, but not who holds it; this lock does. It
  // takes nothing to be written, and whether it can be had does not matter.
  struct flock who {};
  who.l_type = F_WRLCK;
  who.l_whence = SEEK_SET;
  static_cast<void>(::fcntl(file, F_SETLK, &who));
  return lock;
}

bool DirectoryLock::held(const fs::path& directory) {
  const int file = ::open((directory / "lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool held = holder(file) > 0 || ::flock(file, LOCK_SH | LOCK_NB) != 0;
  ::close(file);
  return held;
}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) ::close(file_);
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : file_(std::exchange(other.file_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

}  // namespace streamhost::recovery
