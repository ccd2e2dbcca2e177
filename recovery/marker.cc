#include "recovery/marker.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "recovery/hash.h"
#include "recovery/schema.h"

namespace streamhost::recovery {
namespace {

std::string encode(const Marker& marker) {
  char line[256];
  int size = std::snprintf(line, sizeof(line),
                           "store %s parts %010" PRIu32 " epoch %020" PRId64 " horizon %020" PRId64,
                           marker.store.c_str(), marker.parts, marker.epoch, marker.horizon);
  std::string result(line, static_cast<size_t>(size));
  size = std::snprintf(line, sizeof(line), " check %016" PRIx64 "\n", hash_of(result));
  return result.append(line, static_cast<size_t>(size));
}

}  // namespace

std::optional<Marker> read_marker(const std::filesystem::path& directory) {
  std::ifstream in(directory / "committed");
  std::string line, store, parts, epoch, horizon;
  if (!std::getline(in, line)) return {};
  Marker marker;
  std::istringstream words(line);
  words >> store >> marker.store >> parts >> marker.parts >> epoch >> marker.epoch >> horizon >>
      marker.horizon;
  // Whatever does not say exactly this does not count.
  if (!words || marker.store.size() > 64 || encode(marker) != line + "\n") return {};
  return marker;
}

MarkerWriter::~MarkerWriter() {
  if (file_ >= 0) ::close(file_);
}

Outcome MarkerWriter::open(const std::filesystem::path& directory, const Marker& marker) {
  const std::filesystem::path path = directory / "committed";
  const std::string line = encode(marker);
  file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0 ||
      ::pwrite(file_, line.data(), line.size(), 0) != static_cast<ssize_t>(line.size()) ||
      ::ftruncate(file_, static_cast<off_t>(line.size())) != 0 || ::fsync(file_) != 0) {
    return Failure{path.string() + ": cannot write it: " + std::strerror(errno) +
                   "; make room, or give this user the right to write it"};
  }
  return sync_directory(directory);
}

void MarkerWriter::write(const Marker& marker) {
  const std::string line = encode(marker);
  // Of the same length as the one before it.
  [[maybe_unused]] const ssize_t written = ::pwrite(file_, line.data(), line.size(), 0);
}

}  // namespace streamhost::recovery
