#include "position.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <streamhost/sdk.hpp>

#include "common/descriptor.h"

namespace file_plugin {

namespace sh = streamhost;
using plugin_common::quoted;

namespace {

constexpr uint64_t kMarked = 256;  // bytes at each end of what was read

std::string hex(uint64_t number) {
  char text[17];
  char* const end = std::to_chars(text, text + sizeof text, number, 16).ptr;
  return std::string(text, end);
}

// Takes a number off the front of `text`.
bool take(std::string_view& text, uint64_t& number, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view word) {
  if (text.substr(0, word.size()) != word) return false;
  text.remove_prefix(word.size());
  return true;
}

// Adds [from, from + size) of the file to an FNV-1a hash.
bool add(int fd, uint64_t from, uint64_t size, uint64_t& hash) {
  unsigned char bytes[kMarked];
  uint64_t got = 0;
  while (got < size) {
    const ssize_t n = ::pread(fd, bytes + got, size - got, static_cast<off_t>(from + got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    got += static_cast<uint64_t>(n);
  }
  for (uint64_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3;
  return true;
}

}  // namespace

std::string format_position(const Position& p) {
  std::string text = std::to_string(p.offset) + " file=" + std::to_string(p.device) + ":" +
                     std::to_string(p.inode) + " mark=" + hex(p.mark);
  if (p.line != 0) text += " line=" + std::to_string(p.line);
  if (p.end) text += " end=" + std::to_string(*p.end);
  if (p.skipping) text += " skip=1";
  if (p.of != 0) text += " of=" + std::to_string(p.of);
  return text;
}

Position parse_position(std::string_view text, const std::string& name) {
  Position p;
  const std::string_view whole = text;
  bool good = take(text, p.offset);
  bool marked = false;
  while (good && take(text, " ")) {
    uint64_t number = 0;
    if (take(text, "file=")) {
      good = take(text, p.device) && take(text, ":") && take(text, p.inode);
    } else if (take(text, "mark=")) {
      good = marked = take(text, p.mark, 16);
    } else if (take(text, "line=")) {
      good = take(text, p.line);
    } else if (take(text, "end=")) {
      good = take(text, number);
      p.end = number;
    } else if (take(text, "of=")) {
      good = take(text, p.of);
    } else {
      good = p.skipping = take(text, "skip=1");
    }
  }
  if (!good || !marked || !text.empty()) {
    throw sh::state_error("the saved position \"" + std::string(whole.substr(0, 100)) + "\" of " +
                          quoted(name) + " is not one of this version of the plugin");
  }
  return p;
}

std::optional<uint64_t> mark_of(int fd, uint64_t offset) {
  uint64_t hash = 0xcbf29ce484222325;
  const uint64_t size = std::min(kMarked, offset);
  if (!add(fd, 0, size, hash) || !add(fd, offset - size, size, hash)) return std::nullopt;
  return hash;
}

void check_position(const Position& position, int fd, const struct stat& status,
                    const std::string& path, const char* doing) {
  const auto size = static_cast<uint64_t>(status.st_size);
  const std::string where = "cannot go on " + std::string(doing) + " " + quoted(path) +
                            " at byte " + std::to_string(position.offset) + ": ";
  const bool same = position.device == status.st_dev && position.inode == status.st_ino;
  if (size < position.offset) {
    throw sh::state_error(where + "it has only " + std::to_string(size) + " bytes now, so it was " +
                          (same ? "truncated" : "replaced") + " since the snapshot");
  }
  if (mark_of(fd, position.offset) != position.mark) {
    throw sh::state_error(where + "its content is not what was there before, so it was " +
                          (same ? "rewritten" : "replaced") + " since the snapshot");
  }
}

}  // namespace file_plugin
