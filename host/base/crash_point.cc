#include "base/crash_point.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>

namespace streamhost {

CrashPoint::CrashPoint(const char* spec) {
  const std::string_view text = spec == nullptr ? "" : spec;
  const size_t colon = text.find(':');
  name_ = text.substr(0, colon);
  if (colon != std::string_view::npos) left_ = std::strtol(spec + colon + 1, nullptr, 10);
}

void CrashPoint::pass_slow(std::string_view point) {
  if (point != name_ || --left_ != 0) return;
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();  // nothing more happens on this thread
}

}  // namespace streamhost
