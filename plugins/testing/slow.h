// The sink `testing.slow`: takes its time over each record, without blocking. See README.md.
#pragma once

#include <memory>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>

#include "common/descriptor.h"
#include "common/output_buffer.h"
#include "common/record_template.h"

namespace testing_plugin {

// The methods are those of a sink's partition in sdk/sink.hpp.
class SlowPart {
 public:
  // An empty path: records are only taken. `format` must outlive this.
  SlowPart(const streamhost::Context& ctx, int64_t delay_us, const std::string& path,
           const plugin_common::RecordTemplate& format);

  streamhost::Written write(const streamhost::Batch& batch);
  void flush();
  // What was taken is on the disk when this returns. There is no position to write.
  void prepare(uint64_t epoch, streamhost::Writer& position);

 private:
  streamhost::Context ctx_;
  const int64_t delay_us_;
  const std::string path_;
  const plugin_common::RecordTemplate& format_;
  plugin_common::Descriptor file_;
  std::optional<plugin_common::OutputBuffer> buffer_;
  int64_t busy_until_us_ = INT64_MIN;  // with the record that was taken last
  bool asked_ = false;                 // to be called again at that time
};

class Slow {
 public:
  using Partition = SlowPart;
  Slow(const streamhost::Context& ctx, const streamhost::Config& config);
  std::unique_ptr<SlowPart> open(std::string_view name, std::optional<std::string_view> resume);

 private:
  streamhost::Context ctx_;
  int64_t delay_us_;
  std::string path_;
  plugin_common::RecordTemplate format_;
};

streamhost::Component slow();

}  // namespace testing_plugin
