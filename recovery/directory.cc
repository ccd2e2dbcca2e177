#include "recovery/directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "recovery/shares.h"

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
         index < count && count <= kMaxParts;
}

// A byte of the lock file for each part, none of which need be there. The lock of an open file
// tells apart what happens within one process, but not who holds it; the lock of a process, on
// another byte, does.
constexpr off_t kWho = off_t{1} << 32;

struct flock one_byte(off_t at) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = at;
  lock.l_len = 1;
  return lock;
}

bool is_locked(int file, uint32_t part) {
  struct flock lock = one_byte(part);
  return ::fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

// The process that holds a part's lock; -1 when that cannot be told, or it is this one.
int64_t holder(int file, uint32_t part) {
  struct flock lock = one_byte(kWho + part);
  const bool known = ::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  return known && lock.l_pid > 0 ? lock.l_pid : -1;
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

Failure store_in_use(const std::string& directory, int64_t holder) {
  return Failure{directory + ": another job works on this store" +
                 (holder > 0 ? " (process " + std::to_string(holder) + ")" : std::string()) +
                 "; stop it, or use another directory"};
}

Result<PartLocks> PartLocks::take(const fs::path& directory, const std::vector<uint32_t>& parts) {
  const fs::path path = directory / "lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) {
    return Failure{path.string() + ": cannot open it: " + std::strerror(errno) +
                   "; give this user the right to write the directory, or use another one"};
  }
  PartLocks locks(file);
  for (const uint32_t part : parts) {
    // A process that was just killed holds it until it is quite gone.
    for (int attempt = 0;; ++attempt) {
      struct flock lock = one_byte(part);
      if (::fcntl(file, F_OFD_SETLK, &lock) == 0) break;
      if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
        return Failure{path.string() + ": cannot lock it: " + std::strerror(errno)};
      }
      if (attempt == 20) return store_in_use(directory.string(), holder(file, part));
      ::usleep(5000);
    }
    // It takes nothing to be written, and whether it can be had does not matter.
    struct flock who = one_byte(kWho + part);
    static_cast<void>(::fcntl(file, F_SETLK, &who));
  }
  return locks;
}

std::vector<int64_t> PartLocks::holders(const fs::path& directory, uint32_t count) {
  std::vector<int64_t> result(count, 0);
  const int file = ::open((directory / "lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return result;
  for (uint32_t part = 0; part < count; ++part) {
    if (is_locked(file, part)) result[part] = holder(file, part);
  }
  ::close(file);
  return result;
}

PartLocks::~PartLocks() {
  if (file_ >= 0) ::close(file_);
}

PartLocks::PartLocks(PartLocks&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

PartLocks& PartLocks::operator=(PartLocks&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

}  // namespace streamhost::recovery
