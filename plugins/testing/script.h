// The source `testing.script`: plays records that a test has written down. See README.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "call_log.h"
#include "once.h"
#include "script_item.h"

namespace testing_plugin {

struct ScriptOptions {
  explicit ScriptOptions(const streamhost::Config& config);
  std::vector<std::string> items;  // when there is no path
  std::string path;
  uint32_t partitions;
  bool key;
  uint32_t batch;  // 0: no limit
  double rate;     // records a second of each partition; 0: no limit
};

// The methods are those of a source's partition in sdk/source.hpp.
class ScriptPartition {
 public:
  // `items` are those of the whole script; `once` and `calls` must outlive this.
  ScriptPartition(const streamhost::Context& ctx, const ScriptOptions& options,
                  std::shared_ptr<const std::vector<ScriptItem>> items, const Once& once,
                  CallLog& calls, std::string name, std::optional<std::string_view> resume);
  ~ScriptPartition();

  streamhost::Poll poll(streamhost::Out& out, uint32_t budget);
  void snapshot(streamhost::Writer& position);
  void committed(uint64_t epoch);
  streamhost::Progress progress() const;

 private:
  void resume_at(std::string_view position);
  std::string position() const;
  // The index of the item in hand; past the end when there is none.
  const ScriptItem* item() const;
  void pass();
  void put(streamhost::Out& out) const;

  streamhost::Context ctx_;
  const ScriptOptions& options_;
  std::shared_ptr<const std::vector<ScriptItem>> items_;
  const Once& once_;
  CallLog& calls_;
  std::string name_;
  uint64_t first_;
  uint64_t next_;             // of the next item, in the whole script
  uint64_t hash_;             // of those that were played
  int64_t paused_until_ = 0;  // while at a PAUSE
  double due_us_ = -1;        // of the next record, with a rate
};

class Script {
 public:
  using Partition = ScriptPartition;
  Script(const streamhost::Context& ctx, const streamhost::Config& config);
  std::vector<std::string> partitions();
  std::unique_ptr<ScriptPartition> open(std::string_view name,
                                        std::optional<std::string_view> resume);

 private:
  streamhost::Context ctx_;
  ScriptOptions options_;
  std::shared_ptr<const std::vector<ScriptItem>> items_;  // from the first open on
  Once once_;
  CallLog calls_;
};

streamhost::Component script();

}  // namespace testing_plugin
