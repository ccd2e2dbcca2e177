#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/line_scanner.h"
#include "csv_source.h"

namespace file_plugin {

namespace sh = streamhost;
using plugin_common::quoted;

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// Reads that find no whole row before a poll gives the worker back.
constexpr int kReadsPerPoll = 4;

}  // namespace

CsvPartition::CsvPartition(const sh::Context& ctx, const CsvOptions& options,
                           const std::string& path, const std::optional<Position>& resume,
                           size_t piece)
    : ctx_(ctx),
      path_(path),
      max_row_(options.max_row),
      piece_(piece),
      header_(options.header),
      columns_(options.columns),
      file_(open_input(path)),
      parser_(options.delimiter),
      buffer_(new char[piece]),
      capacity_(piece),
      at_(buffer_.get()),
      end_(at_) {
  if (resume) check_position(*resume, file_.descriptor.get(), file_.status, path_);
  read_columns();
  json_.emplace(columns_, options.infer);
  if (resume && resume->offset > offset()) {
    seek(resume->offset, resume->line);
    skipping_ = resume->skipping;
  }
}

void CsvPartition::seek(uint64_t offset, uint64_t line) {
  if (::lseek(file_.descriptor.get(), static_cast<off_t>(offset), SEEK_SET) < 0) {
    throw sh::unavailable("cannot go to byte " + std::to_string(offset) + " of " + quoted(path_) +
                          ": " + plugin_common::error_text(errno));
  }
  at_ = end_ = buffer_.get();
  buffer_offset_ = offset;
  line_ = line;
  ended_ = false;
}

// Reads more behind what is there; false when there is no more.
bool CsvPartition::fill() {
  const size_t kept = rest();
  buffer_offset_ = offset();
  if (kept > capacity_ / 2) {
    capacity_ = capacity_ * 2 + piece_;
    std::unique_ptr<char[]> larger(new char[capacity_]);
    std::memcpy(larger.get(), at_, kept);
    buffer_ = std::move(larger);
  } else if (kept > 0) {
    std::memmove(buffer_.get(), at_, kept);
  }
  at_ = buffer_.get();
  const size_t n = read_input(file_.descriptor.get(), buffer_.get() + kept, capacity_ - kept, path_,
                              buffer_offset_ + kept);
  end_ = at_ + kept + n;
  ended_ = n == 0;
  if (ended_ && size_now() < offset() + rest()) {
    throw sh::unavailable(quoted(path_) + " was truncated to " + std::to_string(size_now()) +
                          " bytes while it was read, at byte " + std::to_string(offset()));
  }
  return !ended_;
}

// Looks no further than a row may be long, so that what is found does not depend on how much
// happens to be read: kIncomplete with more than max_row_ bytes at hand is a row that is too long.
CsvFound CsvPartition::parse() {
  const bool all = rest() <= max_row_;
  return parser_.parse(at_, all ? end_ : at_ + max_row_, all && ended_, row_);
}

// Passes over a byte order mark and the header, and takes the names of the columns from it.
void CsvPartition::read_columns() {
  while (rest() < kByteOrderMark.size() && fill()) {
  }
  if (std::string_view(at_, rest()).substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    at_ += kByteOrderMark.size();
  }
  if (!header_) return;
  for (;;) {
    const CsvFound found = parse();
    if (found == CsvFound::kRow) break;
    if (found == CsvFound::kEmpty) {
      advance(row_.next, row_.lines);
      continue;
    }
    if (found == CsvFound::kBad) {
      throw sh::bad_data(place() + ": the header cannot be read: " + row_.problem);
    }
    if (ended_) return;  // an empty file
    if (rest() > max_row_) {
      throw sh::bad_data(
          place() + ": the header has more than max_row = " + std::to_string(max_row_) + " bytes");
    }
    fill();
  }
  if (columns_.empty()) {
    for (const CsvField& field : row_.fields) {
      std::string name = field.content();
      if (std::find(columns_.begin(), columns_.end(), name) != columns_.end()) {
        throw sh::bad_data(place() + ": the header names the column " + quoted(name) + " twice");
      }
      columns_.push_back(std::move(name));
    }
  }
  advance(row_.next, row_.lines);
}

sh::Poll CsvPartition::poll(sh::Out& out, uint32_t budget) {
  int reads = 0;
  for (uint32_t done = 0; done < budget;) {
    if (skipping_) skip_line();
    const CsvFound found = parse();
    if (found == CsvFound::kEmpty) {
      advance(row_.next, row_.lines);
    } else if (found == CsvFound::kRow) {
      put_row(out);
      ++done;
    } else if (found == CsvFound::kBad) {
      reject(out, rest(), false,
             ", field " + std::to_string(row_.fields.size() + 1) + ": " + row_.problem);
      ++done;
    } else if (rest() > max_row_) {
      reject(out, rest(), false,
             ": the row has more than max_row = " + std::to_string(max_row_) + " bytes");
      ++done;
    } else {
      if (ended_) return finish();
      if (done > 0 || reads++ == kReadsPerPoll) return sh::Poll::more();
      fill();
    }
  }
  return sh::Poll::more();
}

void CsvPartition::put_row(sh::Out& out) {
  if (row_.fields.size() != columns_.size()) {
    const auto count = [](size_t n) { return std::to_string(n) + (n == 1 ? " field" : " fields"); };
    reject(out, static_cast<size_t>(row_.next - at_), true,
           ": " + count(row_.fields.size()) + " where there are " +
               std::to_string(columns_.size()) + " columns");
    return;
  }
  size_t bad = 0;
  char* const from = out.room(json_->bound(row_));
  const char* const end = json_->append(row_, from, bad);
  if (end == nullptr) {
    reject(out, static_cast<size_t>(row_.next - at_), true,
           ": column " + quoted(columns_[bad]) + " is not UTF-8");
    return;
  }
  const auto size = static_cast<size_t>(end - from);
  out.keep(size);
  out.push(plugin_common::value_record(reinterpret_cast<const uint8_t*>(from), size));
  advance(row_.next, row_.lines);
}

// Rejects the row at hand, of which `size` bytes are known. `whole`: its end is known and trusted,
// so that reading goes on behind it. Else it goes on behind the row's first line end.
void CsvPartition::reject(sh::Out& out, size_t size, bool whole, const std::string& what) {
  constexpr size_t kShown = 1024;
  std::string_view text(at_, std::min(size, kShown));
  if (!whole) text = text.substr(0, text.find('\n'));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  out.flush();
  ctx_.reject_value(text, place() + what);
  if (whole) {
    advance(row_.next, row_.lines);
  } else {
    skipping_ = true;
    skip_line();
  }
}

void CsvPartition::skip_line() {
  const void* newline = rest() == 0 ? nullptr : std::memchr(at_, '\n', rest());
  skipping_ = newline == nullptr && !ended_;
  if (newline == nullptr) {
    at_ = end_;
  } else {
    advance(static_cast<const char*>(newline) + 1, 1);
  }
}

void CsvPartition::advance(const char* to, uint64_t lines) {
  at_ = to;
  line_ += lines;
}

std::string CsvPartition::place() const { return quoted(path_) + " line " + std::to_string(line_); }

uint64_t CsvPartition::size_now() const {
  struct stat now;
  if (::fstat(file_.descriptor.get(), &now) != 0) return 0;
  return static_cast<uint64_t>(now.st_size);
}

sh::Poll CsvPartition::finish() {
  final_ = Final{position_now(), progress()};
  file_ = InputFile{};
  at_ = end_ = nullptr;
  buffer_.reset();
  row_ = CsvRow();
  return sh::Poll::end();
}

void CsvPartition::snapshot(sh::Writer& position) {
  position.write(final_ ? final_->position : position_now());
}

std::string CsvPartition::position_now() const {
  Position p;
  p.offset = offset();
  p.device = file_.status.st_dev;
  p.inode = file_.status.st_ino;
  p.line = line_;
  p.skipping = skipping_;
  const auto mark = mark_of(file_.descriptor.get(), p.offset);
  if (!mark) {
    throw sh::unavailable(quoted(path_) + " was truncated to " + std::to_string(size_now()) +
                          " bytes while it was read, at byte " + std::to_string(p.offset));
  }
  p.mark = *mark;
  return format_position(p);
}

sh::Progress CsvPartition::progress() {
  if (final_) return final_->progress;
  sh::Progress progress;
  progress.done = offset();
  progress.total = std::max(size_now(), progress.done);
  return progress;
}

}  // namespace file_plugin
