#include "line_reader.h"

#include <algorithm>
#include <cstring>

namespace plugin_common {

namespace sh = streamhost;

LineReader::LineReader(const sh::Context& ctx, std::string name, LineRules rules, size_t piece)
    : ctx_(ctx), name_(std::move(name)), rules_(rules), piece_(piece) {}

void LineReader::restart(uint64_t offset, bool skipping) {
  // The bytes of the arena stay as they are: records may still point at them.
  base_ = cursor_ = searched_ = end_;
  base_offset_ = offset;
  skipping_ = skipping;
}

LineReader::Room LineReader::room() {
  const uint8_t* arena_end = arena_ ? arena_.bytes() + arena_.size() : nullptr;
  // Bytes behind end_ were never put out, so that they may be written even in a shared arena.
  if (arena_ && static_cast<size_t>(arena_end - end_) >= std::max<size_t>(piece_ / 4, 1)) {
    return {end_, static_cast<size_t>(arena_end - end_)};
  }
  const auto carried = static_cast<size_t>(end_ - cursor_);
  const auto known = static_cast<size_t>(searched_ - cursor_);
  const uint64_t offset = next_offset();
  const size_t head = carried <= kHead ? kHead : carried * 2;
  const size_t size = head + piece_;

  const uint8_t* from = cursor_;
  sh::Arena old;
  if (!arena_ || arena_.size() != size || arena_.shared()) {
    old = std::move(arena_);
    arena_ = sh::Arena();
    take_arena(size);
  }
  cursor_ = arena_.bytes() + head - carried;
  if (carried > 0) std::memmove(cursor_, from, carried);
  base_ = cursor_;
  base_offset_ = offset;
  searched_ = cursor_ + known;
  end_ = cursor_ + carried;
  if (old && old.size() == kHead + piece_) {
    if (spares_.size() == kSpares) spares_.erase(spares_.begin());
    spares_.push_back(std::move(old));
  }
  return {end_, piece_};
}

void LineReader::take_arena(size_t size) {
  // The newest spare that nobody reads any more: most likely still in the processor's cache.
  for (size_t i = spares_.size(); i-- > 0;) {
    if (spares_[i].size() == size && !spares_[i].shared()) {
      arena_ = std::move(spares_[i]);
      spares_.erase(spares_.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
  }
  arena_ = ctx_.arena(size);
}

// Where the last line ends that may be put out, as far as it is known.
const uint8_t* LineReader::stop() const {
  if (limit_ == kNoLimit || read_offset() < limit_) return end_;
  if (past_limit()) return cursor_;
  const uint8_t* last_owned = base_ + (limit_ - 1 - base_offset_);
  const uint8_t* newline = find_newline(last_owned, end_);
  return newline == end_ ? end_ : newline + 1;
}

void LineReader::skip() {
  const uint8_t* newline = find_newline(cursor_, end_);
  skipping_ = newline == end_;
  cursor_ = searched_ = skipping_ ? end_ : cursor_ + (newline - cursor_) + 1;
}

uint32_t LineReader::put(sh::Out& out, uint32_t budget) {
  if (skipping_) skip();
  if (searched_ == end_) return 0;
  const sh_host* host = ctx_.host();
  const uint8_t* const last = stop();
  sh::detail::check(host->out_attach(out.raw(), arena_.raw()));
  uint32_t done = 0;
  while (done < budget && cursor_ != last) {
    sh_span span{};
    sh::detail::check(host->out_reserve(out.raw(), 0, budget - done, 0, &span));
    const uint32_t room = std::min(span.record_room, budget - done);
    const LineSplit split = split_lines(cursor_, searched_, last, rules_, span.records, room);
    cursor_ += split.next - cursor_;
    searched_ = std::max(searched_, cursor_);
    done += split.lines;
    if (split.lines > 0) sh::detail::check(host->out_commit(out.raw(), 0, split.lines, 0));
    if (split.newline != nullptr) {
      const auto size = static_cast<size_t>(split.newline - cursor_);
      const uint8_t* line = cursor_;
      reject(size, true);
      cursor_ += split.newline - line + 1;
      searched_ = cursor_;
      ++done;
    } else if (split.lines < room) {
      searched_ += last - searched_;
      break;
    }
  }
  // A line that has grown too long is given up now: waiting for its end would take it all in.
  if (searched_ == end_ && static_cast<size_t>(end_ - cursor_) > rules_.max_line) {
    reject(static_cast<size_t>(end_ - cursor_), false);
    cursor_ = searched_ = end_;
    skipping_ = true;
    ++done;
  }
  return done;
}

void LineReader::put_last(sh::Out& out) {
  const auto size = static_cast<size_t>(end_ - cursor_);
  if (skipping_ || size == 0 || past_limit()) return;
  const sh_record record = value_record(cursor_, size);
  if (size > rules_.max_line) {
    reject(size, true);
  } else {
    const sh_host* host = ctx_.host();
    sh::detail::check(host->out_attach(out.raw(), arena_.raw()));
    sh::detail::check(host->out_forward(out.raw(), 0, &record, 1));
  }
  cursor_ = searched_ = end_;
}

// Rejects the line at the cursor, of which `known` bytes are at hand.
void LineReader::reject(size_t known, bool whole) {
  constexpr size_t kShown = 1024;
  const std::string_view line(reinterpret_cast<const char*>(cursor_), std::min(known, kShown));
  std::string message = name_ + ": the line at byte " + std::to_string(next_offset()) + " ";
  message += whole ? "has " + std::to_string(known) + " bytes" : std::string("does not end");
  message += whole ? ", more than max_line = " : " within max_line = ";
  message += std::to_string(rules_.max_line) + " bytes";
  ctx_.reject_value(line, message);
}

}  // namespace plugin_common
