// The source `stdio.lines`: the lines of standard input, as values. See README.md.
#pragma once

#include <memory>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/line_reader.h"
#include "readable.h"

namespace stdio_plugin {

// The methods are those of a source's partition in sdk/source.hpp.
class StdinPartition {
 public:
  // Borrows `fd`: a pipe, a terminal, a socket or a file.
  StdinPartition(const streamhost::Context& ctx, int fd, plugin_common::LineRules rules);

  streamhost::Poll poll(streamhost::Out& out, uint32_t budget);
  void snapshot(streamhost::Writer& position);
  streamhost::Progress progress();

 private:
  streamhost::Poll wait();

  streamhost::Context ctx_;
  const int fd_;
  plugin_common::LineReader reader_;
  std::unique_ptr<ReadableSignal> signal_;  // from the first wait on
  bool waiting_ = false;
};

class StdinSource {
 public:
  using Partition = StdinPartition;
  StdinSource(const streamhost::Context& ctx, const streamhost::Config& config);
  std::vector<std::string> partitions() { return {"stdin"}; }
  std::unique_ptr<StdinPartition> open(std::string_view name,
                                       std::optional<std::string_view> resume);

 private:
  streamhost::Context ctx_;
  plugin_common::LineRules rules_;
};

streamhost::Component stdin_source();

}  // namespace stdio_plugin
