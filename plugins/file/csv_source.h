// The source `file.csv`: each row of CSV files as a JSON object. See README.md.
#pragma once

#include <memory>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "csv_json.h"
#include "csv_parser.h"
#include "input_files.h"
#include "position.h"

namespace file_plugin {

struct CsvOptions {
  explicit CsvOptions(const streamhost::Config& config);
  std::string path;
  bool header;
  std::vector<std::string> columns;  // empty: those of the header
  char delimiter;
  bool infer;
  uint64_t max_row;
};

// One file being read; the methods are those of a source's partition in sdk/source.hpp.
class CsvPartition {
 public:
  // `piece`: how much is read at a time.
  CsvPartition(const streamhost::Context& ctx, const CsvOptions& options, const std::string& path,
               const std::optional<Position>& resume, size_t piece = 256 << 10);

  streamhost::Poll poll(streamhost::Out& out, uint32_t budget);
  void snapshot(streamhost::Writer& position);
  streamhost::Progress progress();

 private:
  void read_columns();
  void seek(uint64_t offset, uint64_t line);
  bool fill();
  CsvFound parse();
  void put_row(streamhost::Out& out);
  void reject(streamhost::Out& out, size_t size, bool whole, const std::string& what);
  void skip_line();
  std::string position_now() const;
  // Ends the partition: notes its position and lets go of the file and all memory.
  streamhost::Poll finish();
  void advance(const char* to, uint64_t lines);
  std::string place() const;

  uint64_t offset() const { return buffer_offset_ + static_cast<uint64_t>(at_ - buffer_.get()); }
  size_t rest() const { return static_cast<size_t>(end_ - at_); }
  uint64_t size_now() const;

  streamhost::Context ctx_;
  const std::string path_;
  const uint64_t max_row_;
  const size_t piece_;
  const bool header_;
  std::vector<std::string> columns_;
  InputFile file_;
  CsvParser parser_;
  std::optional<CsvJson> json_;
  CsvRow row_;

  // [at_, end_) is read and not yet put out.
  std::unique_ptr<char[]> buffer_;
  size_t capacity_;
  const char* at_;
  const char* end_;
  uint64_t buffer_offset_ = 0;  // in the file, of the buffer's first byte
  uint64_t line_ = 1;           // where at_ is, counting from 1
  bool ended_ = false;          // nothing comes after end_
  bool skipping_ = false;       // at_ is inside a line that is not wanted

  // Set once the partition has ended. What happens to the file from then on is the next run's
  // concern, and many small files that were read need no descriptors and buffers.
  struct Final {
    std::string position;
    streamhost::Progress progress;
  };
  std::optional<Final> final_;
};

class CsvSource {
 public:
  using Partition = CsvPartition;
  CsvSource(const streamhost::Context& ctx, const streamhost::Config& config)
      : ctx_(ctx), options_(config) {}

  std::vector<std::string> partitions() { return input_files(options_.path); }
  std::unique_ptr<CsvPartition> open(std::string_view name, std::optional<std::string_view> resume);

 private:
  streamhost::Context ctx_;
  CsvOptions options_;
};

streamhost::Component csv_source();

}  // namespace file_plugin
