#include "once.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <streamhost/sdk.hpp>

#include "common/descriptor.h"

namespace testing_plugin {

using plugin_common::error_text;
using plugin_common::quoted;

bool Once::claim(const std::string& what) const {
  if (path_.empty()) return true;
  const plugin_common::Descriptor file(
      ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  // Held for the look and the note only.
  if (!file || ::flock(file.get(), LOCK_EX) != 0) {
    throw streamhost::unavailable("cannot write " + quoted(path_) +
                                  " (option `once`): " + error_text(errno));
  }
  std::string lines = "\n";
  char bytes[4096];
  ssize_t n;
  while ((n = ::read(file.get(), bytes, sizeof bytes)) > 0) {
    lines.append(bytes, static_cast<size_t>(n));
  }
  const std::string line = what + "\n";
  if (lines.find("\n" + line) != std::string::npos) return false;
  if (n < 0 || ::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    throw streamhost::unavailable("cannot write " + quoted(path_) +
                                  " (option `once`): " + error_text(errno));
  }
  return true;
}

}  // namespace testing_plugin
