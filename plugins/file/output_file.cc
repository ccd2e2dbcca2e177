#include "output_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "position.h"

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

}  // namespace

OutputFile::OutputFile(const sh::Context& ctx, const std::string& path,
                       const OutputOptions& options, const plugin_common::RecordTemplate& format,
                       std::optional<std::string_view> resume)
    : path_(path), format_(format), of_(options.of) {
  std::optional<Position> saved;
  if (resume) saved = parse_position(*resume, path);
  if (saved && saved->of != of_) {
    throw sh::state_error("cannot go on writing " + quoted(path) + ": it was one of " +
                          std::to_string(saved->of) + " partitions when the snapshot was taken, " +
                          "and keys would change their files; set `partitions` back");
  }
  const bool must_exist = saved && saved->offset > 0;
  if (options.mkdir && !must_exist) make_directories(path);
  open(must_exist);
  uint64_t length = saved ? saved->offset : 0;
  if (!S_ISREG(status_.st_mode)) {
    // A device: it has no length that could be cut back.
    if (resume) ctx.warn(quoted(path) + " is not a regular file: lines may come twice");
    readable_ = false;
    buffer_.emplace(file_.get(), quoted(path), length);
    return;
  }
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw sh::unavailable(quoted(path) + " is being written by another step or process");
  }
  // Only now, with the lock: what another one is writing must not be cut.
  if (::fstat(file_.get(), &status_) != 0) throw cannot_write(path, errno);
  const auto size = static_cast<uint64_t>(status_.st_size);
  if (saved && readable_ && saved->mark != 0) {
    check_position(*saved, file_.get(), status_, path, "writing");
  } else if (size < length) {
    throw sh::state_error("cannot go on writing " + quoted(path) + " at byte " +
                          std::to_string(length) + ": it has only " + std::to_string(size) +
                          " bytes now, so it was truncated or replaced since the snapshot");
  }
  if (!saved && options.append) length = size;
  if (::ftruncate(file_.get(), static_cast<off_t>(length)) != 0 ||
      ::lseek(file_.get(), static_cast<off_t>(length), SEEK_SET) < 0) {
    throw cannot_write(path, errno);
  }
  buffer_.emplace(file_.get(), quoted(path), length);
  if (must_exist) {
    synced_ = length;
    position_ = *resume;
  }
}

void OutputFile::open(bool must_exist) {
  // Not blocking: the open of a pipe would wait for its reader.
  const int flags = O_CLOEXEC | O_NONBLOCK | (must_exist ? 0 : O_CREAT);
  file_ = Descriptor(::open(path_.c_str(), O_RDWR | flags, 0666));
  if (!file_ && errno == EACCES) {
    file_ = Descriptor(::open(path_.c_str(), O_WRONLY | flags, 0666));
    readable_ = false;
  }
  if (!file_ && errno == ENOENT && must_exist) {
    throw sh::state_error("cannot go on writing " + quoted(path_) +
                          ": the file is gone since the snapshot; put it back, or begin anew "
                          "without the snapshots");
  }
  if ((!file_ && errno == ENXIO) || (file_ && is_pipe(file_.get()))) {
    throw sh::unavailable(quoted(path_) + " is a pipe; to write to one, use stdio.lines");
  }
  if (!file_ || ::fstat(file_.get(), &status_) != 0) throw cannot_write(path_, errno);
  ::fcntl(file_.get(), F_SETFL, 0);
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
    position_ = position_at(length);
    synced_ = length;
  }
  position.write(position_);
}

std::string OutputFile::position_at(uint64_t length) const {
  Position p;
  p.offset = length;
  p.device = status_.st_dev;
  p.inode = status_.st_ino;
  p.of = of_;
  if (readable_) {
    const auto mark = mark_of(file_.get(), length);
    if (!mark) {
      throw sh::unavailable(quoted(path_) + " does not hold the " + std::to_string(length) +
                            " bytes that were written: somebody else truncated it meanwhile");
    }
    p.mark = *mark;
  }
  return format_position(p);
}

}  // namespace file_plugin
