// The source `file.lines`: the lines of files, as values. See README.md for its options and
// promises.
#pragma once

#include <memory>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/line_scanner.h"
#include "watcher.h"

namespace file_plugin {

struct LinesOptions {
  explicit LinesOptions(const streamhost::Config& config);
  std::string path;
  bool follow;
  bool from_end;
  uint32_t ranges;
  plugin_common::LineRules rules;
};

// A part of a file: all of it, or range `index` of `count`.
struct LinesPart {
  std::string path;
  uint32_t index = 0, count = 1;
};
// "a.txt" and "a.txt#1/4"; `ranges` as in the options tells which of the two it is.
std::string format_part(const LinesPart& part);
LinesPart parse_part(std::string_view name, uint32_t ranges);

class LinesPartition;

class LinesSource {
 public:
  using Partition = LinesPartition;
  LinesSource(const streamhost::Context& ctx, const streamhost::Config& config);
  ~LinesSource();

  std::vector<std::string> partitions();
  std::unique_ptr<LinesPartition> open(std::string_view name,
                                       std::optional<std::string_view> resume);

 private:
  streamhost::Context ctx_;
  LinesOptions options_;
  std::unique_ptr<Watcher> watcher_;  // with `follow`, from the first open on
};

streamhost::Component lines_source();

}  // namespace file_plugin
