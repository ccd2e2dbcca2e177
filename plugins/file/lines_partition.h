// One file, or a range of one, being read as lines.
#pragma once

#include <memory>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>

#include "common/line_reader.h"
#include "input_files.h"
#include "lines_source.h"
#include "position.h"
#include "watcher.h"

namespace file_plugin {

// Made by LinesSource::open(); the methods are those of a source's partition in sdk/source.hpp.
class LinesPartition {
 public:
  // `watcher` is null without `follow`.
  LinesPartition(const streamhost::Context& ctx, const LinesOptions& options, const LinesPart& part,
                 Watcher* watcher, const std::optional<Position>& resume);

  streamhost::Poll poll(streamhost::Out& out, uint32_t budget);
  void snapshot(streamhost::Writer& position);
  streamhost::Progress progress();

 private:
  void begin(const LinesOptions& options, const LinesPart& part);
  void resume_at(const Position& position);
  void pass_late_line_end();
  void seek(uint64_t offset, bool skipping);
  void watch();
  uint64_t size_now() const;
  [[noreturn]] void throw_truncated() const;
  void check_unchanged() const;
  std::string position_now() const;
  // Ends the partition: notes its position and lets go of the file and all memory.
  streamhost::Poll finish();
  // What to do at the end of the file: end, wait, or (nothing) read on.
  std::optional<streamhost::Poll> at_end(streamhost::Out& out);
  std::optional<streamhost::Poll> at_end_following(streamhost::Out& out);

  streamhost::Context ctx_;
  const std::string path_;
  Watcher* const watcher_;
  const bool range_;
  const bool strip_cr_;
  InputFile file_;
  std::optional<plugin_common::LineReader> reader_;  // until the end
  uint64_t first_ = 0;                               // the part's first byte
  std::optional<uint64_t> end_;  // the byte after its last; none: the file's end
  std::shared_ptr<Watcher::Watch> watch_;
  bool waiting_ = false;   // at the end of a followed file
  bool replaced_ = false;  // another file has the path now, this one is read to its end first

  // Set once the partition has ended. What happens to the file from then on is the next run's
  // concern, and many small files that were read need no descriptors and buffers.
  struct Ended {
    std::string position;
    streamhost::Progress progress;
  };
  std::optional<Ended> ended_;
};

}  // namespace file_plugin
