#include "lines_partition.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace file_plugin {

namespace sh = streamhost;
using plugin_common::LineReader;
using plugin_common::quoted;

namespace {

// Reads that find no whole line before a poll gives the worker back.
constexpr int kReadsPerPoll = 4;

// Where the file's unfinished last line begins (its end, when it ends with a newline).
uint64_t last_line(const InputFile& file, const std::string& path) {
  char bytes[4096];
  for (auto end = static_cast<uint64_t>(file.status.st_size); end > 0;) {
    const uint64_t from = end - std::min<uint64_t>(end, sizeof bytes);
    if (::lseek(file.descriptor.get(), static_cast<off_t>(from), SEEK_SET) < 0) break;
    const size_t n = read_input(file.descriptor.get(), bytes, end - from, path, from);
    const size_t newline = std::string_view(bytes, n).rfind('\n');
    if (newline != std::string_view::npos) return from + newline + 1;
    end = from;
  }
  return 0;
}

// The file in the directory of `path` that is the one of `position`, if it is there.
std::optional<InputFile> find_renamed(const std::string& path, const Position& position) {
  const std::filesystem::path full(path);
  const auto directory = full.has_parent_path() ? full.parent_path() : std::filesystem::path(".");
  std::error_code error;
  for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    struct stat status;
    if (::stat(at->path().c_str(), &status) != 0 || status.st_ino != position.inode ||
        status.st_dev != position.device) {
      continue;
    }
    InputFile file = open_input(at->path().native());
    check_position(position, file.descriptor.get(), file.status, at->path().native());
    return file;
  }
  return std::nullopt;
}

bool is(const struct stat& status, const struct stat& other) {
  return status.st_dev == other.st_dev && status.st_ino == other.st_ino;
}

}  // namespace

LinesPartition::LinesPartition(const sh::Context& ctx, const LinesOptions& options,
                               const LinesPart& part, Watcher* watcher,
                               const std::optional<Position>& resume)
    : ctx_(ctx),
      path_(part.path),
      watcher_(watcher),
      range_(part.count > 1),
      strip_cr_(options.rules.strip_cr),
      file_(open_input(part.path)),
      reader_(std::in_place, ctx, quoted(part.path), options.rules) {
  if (resume) {
    const uint64_t count = part.count, size = static_cast<uint64_t>(file_.status.st_size);
    first_ = size * part.index / count;
    resume_at(*resume);
  } else {
    begin(options, part);
  }
  if (end_) reader_->limit(*end_);
  watch();
}

void LinesPartition::begin(const LinesOptions& options, const LinesPart& part) {
  const auto size = static_cast<uint64_t>(file_.status.st_size);
  first_ = options.from_end ? last_line(file_, path_) : size * part.index / part.count;
  if (range_ && part.index + 1 < part.count) end_ = size * (part.index + 1) / part.count;
  // A line that begins before this range belongs to the one before. Whether one begins exactly at
  // the cut, the byte before tells.
  const bool cut = range_ && first_ > 0;
  seek(cut ? first_ - 1 : first_, cut);
}

void LinesPartition::resume_at(const Position& position) {
  const auto is_saved = [&] {
    return file_.status.st_dev == position.device && file_.status.st_ino == position.inode;
  };
  if (watcher_ != nullptr && !is_saved()) {
    // Rotated while nobody looked: the rest of the old file comes first.
    if (auto renamed = find_renamed(path_, position)) file_ = std::move(*renamed);
  }
  check_position(position, file_.descriptor.get(), file_.status, path_);
  first_ = std::min(first_, position.offset);
  end_ = position.end;
  seek(position.offset, position.skipping);
  if (!position.skipping) pass_late_line_end();
}

// The run before may have put out a last line that had no newline yet. If that is what came first,
// it only ends that line, and is no empty line of its own.
void LinesPartition::pass_late_line_end() {
  const uint64_t at = reader_->next_offset();
  char bytes[3];
  if (at == 0 || (end_ && at >= *end_)) return;
  const ssize_t n =
      ::pread(file_.descriptor.get(), bytes, sizeof bytes, static_cast<off_t>(at - 1));
  if (n < 2 || bytes[0] == '\n') return;
  if (bytes[1] == '\n') {
    seek(at + 1, false);
  } else if (strip_cr_ && n == 3 && bytes[1] == '\r' && bytes[2] == '\n') {
    seek(at + 2, false);
  } else {
    ctx_.warn("the last line of " + quoted(path_) +
              " had no newline yet when it was read, up to byte " + std::to_string(at) +
              "; what was added to it since is taken as a line of its own");
  }
}

void LinesPartition::seek(uint64_t offset, bool skipping) {
  if (::lseek(file_.descriptor.get(), static_cast<off_t>(offset), SEEK_SET) < 0) {
    throw sh::unavailable("cannot go to byte " + std::to_string(offset) + " of " + quoted(path_) +
                          ": " + plugin_common::error_text(errno));
  }
  reader_->restart(offset, skipping);
}

void LinesPartition::watch() {
  if (watcher_ != nullptr) watch_ = watcher_->watch(path_, file_.descriptor.get());
}

sh::Poll LinesPartition::poll(sh::Out& out, uint32_t budget) {
  if (waiting_ && !watch_->changed()) return sh::Poll::when_woken();
  for (int reads = 0; reads < kReadsPerPoll; ++reads) {
    if (reader_->put(out, budget) > 0) return sh::Poll::more();
    if (reader_->past_limit()) {
      check_unchanged();
      return finish();
    }
    if (watch_) watch_->clear();
    waiting_ = false;
    const LineReader::Room room = reader_->room();
    const size_t n =
        read_input(file_.descriptor.get(), room.bytes, room.size, path_, reader_->read_offset());
    reader_->filled(n);
    if (n > 0) continue;
    if (const auto result = watch_ ? at_end_following(out) : at_end(out)) return *result;
  }
  return sh::Poll::more();
}

uint64_t LinesPartition::size_now() const {
  struct stat now;
  if (::fstat(file_.descriptor.get(), &now) != 0) return 0;
  return static_cast<uint64_t>(now.st_size);
}

void LinesPartition::throw_truncated() const {
  throw sh::unavailable(quoted(path_) + " was truncated to " + std::to_string(size_now()) +
                        " bytes while it was read, at byte " +
                        std::to_string(reader_->read_offset()));
}

std::optional<sh::Poll> LinesPartition::at_end(sh::Out& out) {
  if (size_now() < reader_->read_offset()) throw_truncated();
  reader_->put_last(out);
  check_unchanged();
  // The last range may have found no line of its own: the line before it goes on to the end. What
  // is added to the file later is read here, by nobody else.
  if (range_ && !end_) reader_->restart(reader_->read_offset(), false);
  return finish();
}

sh::Poll LinesPartition::finish() {
  ended_ = Ended{position_now(), progress()};
  reader_.reset();
  file_ = InputFile{};
  return sh::Poll::end();
}

// Ranges were cut by the size that the file had; each worker must have seen the same one.
void LinesPartition::check_unchanged() const {
  if (!range_) return;
  if (size_now() != static_cast<uint64_t>(file_.status.st_size)) {
    throw sh::unavailable(quoted(path_) + " changed its size from " +
                          std::to_string(file_.status.st_size) +
                          " bytes while it was read in ranges; without `ranges` it may grow");
  }
}

std::optional<sh::Poll> LinesPartition::at_end_following(sh::Out& out) {
  if (const uint64_t size = size_now(); size < reader_->read_offset()) {
    ctx_.warn(quoted(path_) + " was truncated to " + std::to_string(size) +
              " bytes; reading on from its start");
    seek(0, false);
    return std::nullopt;
  }
  struct stat at_path;
  const bool other = ::stat(path_.c_str(), &at_path) == 0 && !is(at_path, file_.status);
  if (other && replaced_) {
    InputFile next = open_input(path_);
    reader_->put_last(out);
    file_ = std::move(next);
    first_ = 0;
    replaced_ = false;
    seek(0, false);
    watch();
    return std::nullopt;
  }
  // What was written to the old file before this moment is still to be read.
  replaced_ = other;
  if (replaced_) return std::nullopt;
  waiting_ = true;
  return sh::Poll::when_woken();
}

void LinesPartition::snapshot(sh::Writer& position) {
  position.write(ended_ ? ended_->position : position_now());
}

std::string LinesPartition::position_now() const {
  Position p;
  p.offset = reader_->next_offset();
  p.device = file_.status.st_dev;
  p.inode = file_.status.st_ino;
  p.end = end_;
  p.skipping = reader_->skipping();
  auto mark = mark_of(file_.descriptor.get(), p.offset);
  if (!mark) {
    // Truncated meanwhile. A followed file begins anew, as the next poll will find too.
    if (!watch_) throw_truncated();
    p.offset = 0;
    p.skipping = false;
    mark = mark_of(file_.descriptor.get(), 0);
  }
  p.mark = mark.value_or(0);
  return format_position(p);
}

sh::Progress LinesPartition::progress() {
  if (ended_) return ended_->progress;
  sh::Progress progress;
  progress.done = reader_->next_offset() - std::min(reader_->next_offset(), first_);
  if (watch_) return progress;
  const uint64_t end = end_.value_or(size_now());
  progress.total = std::max(end - std::min(end, first_), progress.done);
  return progress;
}

}  // namespace file_plugin
