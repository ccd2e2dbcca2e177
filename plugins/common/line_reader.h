// Turns a stream of bytes, read piece by piece, into records of one line each.
//
//   reader.restart(offset, false);
//   while (reader.put(out, budget) == 0) {            // no whole line is at hand
//     auto room = reader.room();
//     ssize_t n = read(fd, room.bytes, room.size);
//     if (n <= 0) { reader.put_last(out); break; }
//     reader.filled(n);
//   }
//
// Values point into arenas of the host; nothing is copied but a line that was cut by the end of a
// piece. Memory is bounded by a few pieces plus two times the longest line that is allowed.
#pragma once

#include <streamhost/sdk.hpp>

#include <string>
#include <vector>

#include "line_scanner.h"

namespace plugin_common {

// One stream. All calls on the worker that owns it; those with an Out inside a poll.
class LineReader {
 public:
  static constexpr uint64_t kNoLimit = UINT64_MAX;
  // Small enough that what one read brings in is still in the caches when its lines are handled, also
  // where a worker reads many files in turn.
  static constexpr size_t kPiece = 64 << 10;

  // `name` is what messages call the stream, `piece` how much one room() asks for.
  LineReader(const streamhost::Context& ctx, std::string name, LineRules rules,
             size_t piece = kPiece);

  // Forgets what was read and goes on at a byte offset of the stream. `skipping`: that is inside a
  // line that is not wanted, which is passed over.
  void restart(uint64_t offset, bool skipping);
  // Lines that begin at `offset` or later are not put out.
  void limit(uint64_t offset) { limit_ = offset; }

  struct Room {
    uint8_t* bytes;
    size_t size;  // at least a quarter of a piece
  };
  // Where to read the next bytes of the stream to; then say how many there were.
  Room room();
  void filled(size_t bytes) { end_ += bytes; }

  // Puts out complete lines, at most `budget`, and rejects those that are too long. How many lines
  // that were; 0 when more bytes are needed first.
  uint32_t put(streamhost::Out& out, uint32_t budget);
  // The stream has ended: what is left is a line too.
  void put_last(streamhost::Out& out);

  // The byte offset where the next line begins (while skipping: of the next byte to look at).
  uint64_t next_offset() const { return base_offset_ + static_cast<uint64_t>(cursor_ - base_); }
  // The byte offset of the next byte to be read.
  uint64_t read_offset() const { return base_offset_ + static_cast<uint64_t>(end_ - base_); }
  bool skipping() const { return skipping_; }
  bool past_limit() const { return next_offset() >= limit_; }

 private:
  // Bytes kept free before a piece, so that a carried line does not move the piece.
  static constexpr size_t kHead = 16 << 10;
  static constexpr size_t kSpares = 8;

  const uint8_t* stop() const;
  void skip();
  void reject(size_t known, bool whole);
  void take_arena(size_t size);

  streamhost::Context ctx_;
  std::string name_;
  LineRules rules_;
  size_t piece_;
  streamhost::Arena arena_;
  std::vector<streamhost::Arena> spares_;  // used before, maybe still read by others

  // [cursor_, end_) is read and not yet put out; [cursor_, searched_) holds no newline.
  uint8_t* base_ = nullptr;  // the byte of the stream at base_offset_
  uint8_t* cursor_ = nullptr;
  uint8_t* searched_ = nullptr;
  uint8_t* end_ = nullptr;
  uint64_t base_offset_ = 0;
  uint64_t limit_ = kNoLimit;
  bool skipping_ = false;
};

}  // namespace plugin_common
