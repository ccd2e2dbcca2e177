// The sink `kafka.sink`. See README.md for its options and promises, and exactly_once.h for why
// they hold.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <streamhost/sdk.hpp>
#include <string>
#include <vector>

#include "background.h"
#include "settling.h"
#include "sink_options.h"

namespace kafka_plugin {

// What one worker writes. [worker]
class SinkPart {
 public:
  virtual ~SinkPart() = default;
  virtual streamhost::Written write(const streamhost::Batch& in) = 0;
  virtual void flush() = 0;
  virtual streamhost::Settled prepare(uint64_t epoch, streamhost::Writer& handle) = 0;
  // Whether it is this part that prepared the epoch, and is to commit it.
  virtual bool has_prepared(uint64_t epoch) const = 0;
  virtual streamhost::Settled commit() = 0;
};

class KafkaSink {
 public:
  using Partition = SinkPart;
  KafkaSink(const streamhost::Context& ctx, const streamhost::Config& config);

  std::unique_ptr<SinkPart> open(std::string_view name, std::optional<std::string_view> resume);
  streamhost::Settled commit(uint64_t epoch, std::string_view handle);
  void abort(std::string_view handle);

 private:
  streamhost::Settled settle_past(uint64_t epoch, std::string_view handle);

  const streamhost::Context ctx_;
  const SinkOptions options_;
  SinkPart* part_ = nullptr;  // while it is open
  bool is_named_ = false;     // this worker's transactional id, by a durable handle
  // What an earlier run has left is settled by these.
  std::set<std::string> to_fence_;          // transactional ids of epochs that never became durable
  std::vector<PastEpoch> past_;             // the host gives all once before it gives one again
  std::unique_ptr<Background> background_;  // from then on
};

streamhost::Component kafka_sink();

}  // namespace kafka_plugin
