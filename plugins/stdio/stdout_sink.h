// The sink `stdio.lines`: a line on standard output for each record. See README.md.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/output_buffer.h"
#include "common/record_template.h"

namespace stdio_plugin {

// What is the component's own data: the process has one standard output, and several steps may
// write to it. They take turns, so that lines stay whole.
using Turn = std::shared_ptr<std::mutex>;

// The methods are those of a sink's partition in sdk/sink.hpp.
class StdoutPartition {
 public:
  // Borrows `fd`; `format` and `turn` must outlive this.
  StdoutPartition(int fd, const plugin_common::RecordTemplate& format, std::mutex& turn)
      : format_(format), turn_(turn), buffer_(fd, "standard output", 0) {}

  void write(const streamhost::Batch& batch) {
    const std::lock_guard lock(turn_);
    format_.write(batch.raw(), buffer_);
  }
  void flush() {
    const std::lock_guard lock(turn_);
    buffer_.flush();
  }
  void prepare(uint64_t epoch, streamhost::Writer& position);

 private:
  const plugin_common::RecordTemplate& format_;
  std::mutex& turn_;
  plugin_common::OutputBuffer buffer_;
};

class StdoutSink {
 public:
  using Partition = StdoutPartition;
  StdoutSink(const streamhost::Context& ctx, const streamhost::Config& config,
             const sh_component* component);
  // One partition, so one writer: lines of different workers cannot mix.
  std::vector<std::string> partitions() { return {"stdout"}; }
  std::unique_ptr<StdoutPartition> open(std::string_view name,
                                        std::optional<std::string_view> resume);

 private:
  streamhost::Context ctx_;
  plugin_common::RecordTemplate format_;
  Turn turn_;
};

streamhost::Component stdout_sink();

}  // namespace stdio_plugin
