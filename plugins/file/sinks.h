// The sinks `file.lines` (one file) and `file.partitioned` (a directory of files, by key).
// See README.md for their options and promises.
#pragma once

#include <memory>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/record_template.h"
#include "output_file.h"

namespace file_plugin {

class LinesSink {
 public:
  using Partition = OutputFile;
  LinesSink(const streamhost::Context& ctx, const streamhost::Config& config);
  std::vector<std::string> partitions() { return {path_}; }
  std::unique_ptr<OutputFile> open(std::string_view name, std::optional<std::string_view> resume);

 private:
  streamhost::Context ctx_;
  std::string path_;
  OutputOptions options_;
  plugin_common::RecordTemplate format_;
};

class PartitionedSink {
 public:
  using Partition = OutputFile;
  PartitionedSink(const streamhost::Context& ctx, const streamhost::Config& config);
  // The files' paths; records go to them by the hash of their keys, those without to the first.
  std::vector<std::string> partitions() { return paths_; }
  std::unique_ptr<OutputFile> open(std::string_view name, std::optional<std::string_view> resume);

 private:
  streamhost::Context ctx_;
  std::vector<std::string> paths_;
  OutputOptions options_;
  plugin_common::RecordTemplate format_;
};

// File names from a pattern in which {index} is a number from 0, with at least four digits. Throws
// streamhost::Error (config) for a pattern that does not give `count` different names in one
// directory.
std::vector<std::string> part_names(const std::string& pattern, uint32_t count);

streamhost::Component lines_sink();
streamhost::Component partitioned_sink();

}  // namespace file_plugin
