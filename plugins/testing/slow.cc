#include "slow.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace testing_plugin {

namespace sh = streamhost;
using plugin_common::Descriptor;
using plugin_common::error_text;
using plugin_common::quoted;

SlowPart::SlowPart(const sh::Context& ctx, int64_t delay_us, const std::string& path,
                   const plugin_common::RecordTemplate& format)
    : ctx_(ctx), delay_us_(delay_us), path_(path), format_(format) {
  if (path.empty()) return;
  // The parts of all workers append to one file, whole lines at a time.
  file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!file_) throw sh::unavailable("cannot write " + quoted(path) + ": " + error_text(errno));
  buffer_.emplace(file_.get(), quoted(path), 0);
}

sh::Written SlowPart::write(const sh::Batch& batch) {
  const int64_t now = ctx_.now_us();
  // Time in which there was nothing to do is not saved up; being called late is made up for.
  if (!asked_) busy_until_us_ = std::max(busy_until_us_, now);
  uint32_t taken = 0;
  for (; taken < batch.size() && busy_until_us_ <= now; ++taken) busy_until_us_ += delay_us_;
  if (buffer_ && taken > 0) {
    sh_batch part = batch.raw();
    part.count = taken;
    format_.write(part, *buffer_);
  }
  asked_ = taken < batch.size();
  return {taken, busy_until_us_};
}

void SlowPart::flush() {
  if (buffer_) buffer_->flush();
}

void SlowPart::prepare(uint64_t, sh::Writer&) {
  flush();
  if (file_ && ::fdatasync(file_.get()) != 0 && errno != EINVAL) {
    throw sh::unavailable("cannot write " + quoted(path_) +
                          " through to the disk: " + error_text(errno));
  }
}

Slow::Slow(const sh::Context& ctx, const sh::Config& config)
    : ctx_(ctx),
      delay_us_(config.integer("delay")),
      path_(config.str("path")),
      format_(config.str("format")) {}

std::unique_ptr<SlowPart> Slow::open(std::string_view, std::optional<std::string_view>) {
  return std::make_unique<SlowPart>(ctx_, delay_us_, path_, format_);
}

sh::Component slow() {
  using sh::option;
  using sh::Type;
  return sh::sink<Slow>("slow")
      .summary("takes its time over each record, on each worker")
      .options(
          {option("delay", Type::duration, "how long a record takes").otherwise("1ms").at_least(0),
           option("path", Type::string,
                  "a file to which a line is appended for each record; at least once")
               .path(),
           option("format", Type::string,
                  "what is written of a record: {key}, {value}, {timestamp}, {header:NAME}; "
                  "{{ and }} are braces; a newline follows")
               .otherwise("{value}")});
}

}  // namespace testing_plugin
