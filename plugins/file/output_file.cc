#include "output_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>

namespace file_plugin {

namespace sh = streamhost;
using plugin_common::Descriptor;
using plugin_common::error_text;
using plugin_common::quoted;

namespace {

sh::Error cannot_write(const std::string& path, int error) {
  std::string message = "cannot write " + quoted(path) + ": " + error_text(error);
  if (error == ENOENT) message += " (its directory is missing; `mkdir = true` makes it)";
  return sh::unavailable(message);
}

void make_directories(const std::string& path) {
  const auto directory = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!directory.empty()) std::filesystem::create_directories(directory, error);
  if (error) {
    throw sh::unavailable("cannot make the directory " + quoted(directory.native()) + ": " +
                          error.message());
  }
}

bool is_pipe(int fd) {
  struct stat status;
  return ::fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

// Makes a new file's name outlive a crash of the machine, as far as the file system can.
void sync_directory_of(const std::string& path) {
  const auto directory = std::filesystem::path(path).parent_path();
  const Descriptor opened(
      ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened) ::fsync(opened.get());
}

uint64_t parse_length(std::string_view text, const std::string& path) {
  uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw sh::state_error("the saved position \"" + std::string(text.substr(0, 100)) + "\" of " +
                          quoted(path) + " is not one of this version of the plugin");
  }
  return length;
}

}  // namespace

OutputFile::OutputFile(const sh::Context& ctx, const std::string& path,
                       const OutputOptions& options, const plugin_common::RecordTemplate& format,
                       std::optional<std::string_view> resume)
    : path_(path), format_(format) {
  if (options.mkdir) make_directories(path);
  // Not blocking: the open of a pipe would wait for its reader.
  file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666));
  struct stat status;
  if ((!file_ && errno == ENXIO) || (file_ && is_pipe(file_.get()))) {
    throw sh::unavailable(quoted(path) + " is a pipe; to write to one, use stdio.lines");
  }
  if (!file_ || ::fstat(file_.get(), &status) != 0) throw cannot_write(path, errno);
  ::fcntl(file_.get(), F_SETFL, 0);
  uint64_t length = resume ? parse_length(*resume, path) : 0;
  if (!S_ISREG(status.st_mode)) {
    // A device: it has no length that could be cut back.
    if (resume) ctx.warn(quoted(path) + " is not a regular file: lines may come twice");
    buffer_.emplace(file_.get(), quoted(path), length);
    synced_ = length;
    return;
  }
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw sh::unavailable(quoted(path) + " is being written by another step or process");
  }
  // Only now, with the lock: what another one is writing must not be cut.
  if (::fstat(file_.get(), &status) != 0) throw cannot_write(path, errno);
  const auto size = static_cast<uint64_t>(status.st_size);
  if (resume && size < length) {
    throw sh::state_error("cannot go on writing " + quoted(path) + " at byte " +
                          std::to_string(length) + ": it has only " + std::to_string(size) +
                          " bytes, so it was truncated or replaced since the snapshot");
  }
  if (!resume && options.append) length = size;
  if (::ftruncate(file_.get(), static_cast<off_t>(length)) != 0 ||
      ::lseek(file_.get(), static_cast<off_t>(length), SEEK_SET) < 0) {
    throw cannot_write(path, errno);
  }
  buffer_.emplace(file_.get(), quoted(path), length);
  synced_ = resume ? length : kNever;
}

void OutputFile::write(const sh::Batch& batch) { format_.write(batch.raw(), *buffer_); }

void OutputFile::flush() { buffer_->flush(); }

void OutputFile::prepare(uint64_t, sh::Writer& position) {
  buffer_->flush();
  const uint64_t length = buffer_->offset();
  if (length != synced_) {
    // EINVAL: a device that has nothing to sync.
    if (::fdatasync(file_.get()) != 0 && errno != EINVAL && errno != EROFS) {
      throw sh::unavailable("cannot write " + quoted(path_) + " through to the disk, at byte " +
                            std::to_string(length) + ": " + error_text(errno));
    }
    if (synced_ == kNever) sync_directory_of(path_);
    synced_ = length;
  }
  position.write(std::to_string(length));
}

}  // namespace file_plugin
