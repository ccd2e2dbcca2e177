#include "stdin_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/descriptor.h"
#include "common/line_options.h"

namespace stdio_plugin {

namespace sh = streamhost;
using plugin_common::LineReader;

namespace {
// Reads that find no whole line before a poll gives the worker back.
constexpr int kReadsPerPoll = 4;
}  // namespace

StdinPartition::StdinPartition(const sh::Context& ctx, int fd, plugin_common::LineRules rules)
    : ctx_(ctx), fd_(fd), reader_(ctx, "standard input", rules) {}

sh::Poll StdinPartition::poll(sh::Out& out, uint32_t budget) {
  if (waiting_ && !signal_->ready()) return sh::Poll::when_woken();
  waiting_ = false;
  for (int reads = 0; reads < kReadsPerPoll; ++reads) {
    if (reader_.put(out, budget) > 0) return sh::Poll::more();
    if (!readable_now(fd_)) return wait();
    const LineReader::Room room = reader_.room();
    const ssize_t n = ::read(fd_, room.bytes, room.size);
    if (n == 0) {
      reader_.put_last(out);
      signal_.reset();  // its position is all that is still to be asked for
      return sh::Poll::end();
    }
    if (n > 0) {
      reader_.filled(static_cast<size_t>(n));
    } else if (errno == EAGAIN) {
      return wait();
    } else if (errno != EINTR) {
      throw sh::unavailable("cannot read standard input at byte " +
                            std::to_string(reader_.read_offset()) + ": " +
                            plugin_common::error_text(errno));
    }
  }
  return sh::Poll::more();
}

sh::Poll StdinPartition::wait() {
  if (!signal_) signal_ = std::make_unique<ReadableSignal>(fd_, ctx_.waker());
  signal_->request();
  waiting_ = true;
  return sh::Poll::when_woken();
}

void StdinPartition::snapshot(sh::Writer& position) {
  position.write(std::to_string(reader_.next_offset()));
}

sh::Progress StdinPartition::progress() {
  sh::Progress progress;
  progress.done = reader_.next_offset();
  struct stat status;
  if (::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode)) {
    progress.total = std::max(static_cast<uint64_t>(status.st_size), progress.done);
  }
  return progress;
}

StdinSource::StdinSource(const sh::Context& ctx, const sh::Config& config)
    : ctx_(ctx), rules_(plugin_common::line_rules(config)) {}

std::unique_ptr<StdinPartition> StdinSource::open(std::string_view,
                                                  std::optional<std::string_view> resume) {
  if (resume) {
    ctx_.warn("standard input cannot be read again: the last snapshot was taken at byte " +
              std::string(*resume) +
              ", what the run before read after that is lost, and this run "
              "takes whatever comes now");
  }
  return std::make_unique<StdinPartition>(ctx_, STDIN_FILENO, rules_);
}

sh::Component stdin_source() {
  std::vector<sh::Option> options;
  plugin_common::add_line_options(options);
  return sh::source<StdinSource>("lines")
      .summary("lines of standard input")
      .options(std::move(options));
}

}  // namespace stdio_plugin
