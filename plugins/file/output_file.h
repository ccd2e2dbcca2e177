// One file being written by a sink, with a resume position: its length in bytes, in decimal.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>

#include "common/descriptor.h"
#include "common/output_buffer.h"
#include "common/record_template.h"

namespace file_plugin {

struct OutputOptions {
  bool append = false;  // a first run keeps what is in the file
  bool mkdir = false;   // make the directories on the way
};

// The methods are those of a sink's partition in sdk/sink.hpp.
class OutputFile {
 public:
  // Opens and locks the file. A first run empties it, unless `append`; a later one cuts it back to
  // `resume`. `format` must outlive this. Throws streamhost::Error: unavailable when the file
  // cannot be written or another step or process is writing it, state when it is shorter than
  // `resume` says.
  OutputFile(const streamhost::Context& ctx, const std::string& path, const OutputOptions& options,
             const plugin_common::RecordTemplate& format, std::optional<std::string_view> resume);

  void write(const streamhost::Batch& batch);
  void flush();
  // Everything so far is on the disk when this returns.
  void prepare(uint64_t epoch, streamhost::Writer& position);

 private:
  static constexpr uint64_t kNever = UINT64_MAX;

  const std::string path_;
  const plugin_common::RecordTemplate& format_;
  plugin_common::Descriptor file_;
  std::optional<plugin_common::OutputBuffer> buffer_;
  uint64_t synced_ = kNever;  // bytes that are on the disk for certain
};

}  // namespace file_plugin
