// One file being written by a sink, with a resume position (see position.h): its length.
#pragma once

#include <sys/stat.h>

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
  uint32_t of = 0;      // how many files the keys are dealt to; 0: a file on its own
};

// The methods are those of a sink's partition in sdk/sink.hpp.
class OutputFile {
 public:
  // Opens and locks the file. A first run empties it, unless `append`; a later one cuts it back to
  // `resume`. `format` must outlive this. Throws streamhost::Error: unavailable when the file
  // cannot be written or another step or process is writing it; state, with nothing changed, when
  // it does not begin with what was written up to `resume`, or was one of another number of files.
  OutputFile(const streamhost::Context& ctx, const std::string& path, const OutputOptions& options,
             const plugin_common::RecordTemplate& format, std::optional<std::string_view> resume);

  void write(const streamhost::Batch& batch);
  void flush();
  // Everything so far is on the disk when this returns.
  void prepare(uint64_t epoch, streamhost::Writer& position);

 private:
  static constexpr uint64_t kNever = UINT64_MAX;

  void open(bool must_exist);
  std::string position_at(uint64_t length) const;

  const std::string path_;
  const plugin_common::RecordTemplate& format_;
  plugin_common::Descriptor file_;
  std::optional<plugin_common::OutputBuffer> buffer_;
  const uint32_t of_;
  struct stat status_ {};
  bool readable_ = true;      // so that what was written can be known again
  uint64_t synced_ = kNever;  // bytes that are on the disk for certain
  std::string position_;      // what says so
};

}  // namespace file_plugin
