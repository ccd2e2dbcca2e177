// The resume position of a file that is being read, or written.
//
//   position = offset { " " name "=" value } .
//   1234 file=2049:77 mark=9f3c5b2a00c1d2e4 line=17
//
// `offset` is the byte at which the next line or row begins. `file` (device and inode) finds a file
// again that was renamed; `mark` is a hash of up to 256 bytes before the offset and at the file's
// start, which tells whether the file still is the one that was read. The others are optional:
// `line`, the number of the next line (csv); `end`, where this part of the file ends (ranges);
// `skip=1`, the offset is inside a line that was already rejected; `of`, the number of files that
// the keys are dealt to (file.partitioned).
//
// Of a file that is written, `offset` is its length.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace file_plugin {

struct Position {
  uint64_t offset = 0;
  uint64_t device = 0, inode = 0;
  uint64_t mark = 0;
  uint64_t line = 0;  // 0: not counted
  std::optional<uint64_t> end;
  bool skipping = false;
  uint64_t of = 0;  // 0: a file on its own
};

std::string format_position(const Position& position);
// Throws streamhost::Error (state) when the text is not one; `name` is the partition, for the
// message.
Position parse_position(std::string_view text, const std::string& name);

// The mark of the file behind `fd` for `offset`; nothing when the file ends before that, or cannot
// be read.
std::optional<uint64_t> mark_of(int fd, uint64_t offset);

// Throws streamhost::Error (state), naming the file and what happened to it, unless the open file
// still begins with what was read (or written) up to `position`. `doing` is "reading" or "writing".
void check_position(const Position& position, int fd, const struct stat& status,
                    const std::string& path, const char* doing = "reading");

}  // namespace file_plugin
