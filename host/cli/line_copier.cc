#include "cli/line_copier.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <vector>

namespace streamhost {
namespace {

constexpr size_t kLongestLine = size_t{1} << 20;

bool write_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(to, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {  // somebody else has made it so
      pollfd room{to, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

std::string prefixed(std::string_view lines, const std::string& prefix) {
  std::string out;
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    const size_t size = end == std::string_view::npos ? lines.size() : end + 1;
    out += prefix;
    out += lines.substr(0, size);
    lines.remove_prefix(size);
  }
  if (!out.ends_with('\n')) out += '\n';
  return out;
}

}  // namespace

void copy_lines(int from, int to, const std::string& prefix, std::mutex& turn) {
  std::vector<char> buffer(64 << 10);
  std::string waiting;  // the begin of a line
  const auto hand_on = [&](std::string_view lines) {
    const std::lock_guard lock(turn);
    return prefix.empty() ? write_all(to, lines) : write_all(to, prefixed(lines, prefix));
  };
  for (;;) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    const std::string_view bytes(buffer.data(), static_cast<size_t>(got));
    size_t whole = bytes.rfind('\n') + 1;  // 0 when there is none
    if (whole == 0 && waiting.size() + bytes.size() > kLongestLine) whole = bytes.size();
    if (whole == 0) {
      waiting += bytes;
      continue;
    }
    waiting += bytes.substr(0, whole);
    if (!hand_on(waiting)) {
      waiting.clear();
      break;
    }
    waiting = bytes.substr(whole);
  }
  if (!waiting.empty()) hand_on(waiting);
  ::close(from);
}

}  // namespace streamhost
