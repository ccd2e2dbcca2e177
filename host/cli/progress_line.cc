#include "cli/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace streamhost {
namespace {

// "1.2 G", "345 k": three digits are enough for a glance.
std::string scaled(double value) {
  static constexpr const char* kUnits[] = {"", "k", "M", "G", "T"};
  size_t unit = 0;
  while (value >= 1000 && unit < 4) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, kUnits[unit]);
}

std::string remaining(double seconds) {
  const auto s = static_cast<int64_t>(seconds + 0.5);
  if (s >= 3600) return fmt::format("{}h{:02}m", s / 3600, s / 60 % 60);
  if (s >= 60) return fmt::format("{}m{:02}s", s / 60, s % 60);
  return fmt::format("{}s", s);
}

}  // namespace

ProgressLine::ProgressLine() : terminal_(isatty(STDERR_FILENO) == 1), begun_us_(steady_now_us()) {}

std::string ProgressLine::text(const JobProgress& progress, int64_t elapsed_us) {
  const double seconds = static_cast<double>(elapsed_us) / 1e6;
  const double share =
      static_cast<double>(progress.bytes_done) / static_cast<double>(progress.bytes_total);
  std::string line = fmt::format(
      "{}B of {}B ({:.0f} %), {}records/s", scaled(static_cast<double>(progress.bytes_done)),
      scaled(static_cast<double>(progress.bytes_total)), share * 100,
      scaled(seconds > 0 ? static_cast<double>(progress.records) / seconds : 0));
  if (share > 0 && share < 1)
    line += fmt::format(", {} left", remaining(seconds / share - seconds));
  return line;
}

void ProgressLine::show(const JobProgress& progress) {
  if (!terminal_ || progress.bytes_total == 0 || progress.bytes_total == UINT64_MAX) return;
  const std::string line = "\r" + text(progress, steady_now_us() - begun_us_) + "\x1b[K";
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::clear() {
  if (!shown_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace streamhost
