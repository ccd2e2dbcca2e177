// Output to Kafka at least once: an idempotent producer, all of whose deliveries are waited for
// before an epoch ends.
#pragma once

#include "producer.h"
#include "sink.h"

namespace kafka_plugin {

class AtLeastOnce final : public SinkPart {
 public:
  AtLeastOnce(const streamhost::Context& ctx, const SinkOptions& options);

  streamhost::Written write(const streamhost::Batch& in) override;
  void flush() override;
  streamhost::Settled prepare(uint64_t epoch, streamhost::Writer& handle) override;
  bool has_prepared(uint64_t) const override { return true; }
  streamhost::Settled commit() override { return {}; }

 private:
  const streamhost::Context ctx_;
  Addressing addressing_;
  Producer producer_;
};

}  // namespace kafka_plugin
