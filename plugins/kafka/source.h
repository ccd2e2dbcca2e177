// The source `kafka.source`: messages of topics. See README.md for its options and promises.
#pragma once

#include <memory>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "reading.h"
#include "source_options.h"
#include "source_partition.h"

namespace kafka_plugin {

class KafkaSource {
 public:
  using Partition = SourcePartition;
  KafkaSource(const streamhost::Context& ctx, const streamhost::Config& config);

  std::vector<std::string> partitions();
  streamhost::Added added(streamhost::Writer& names);
  std::unique_ptr<SourcePartition> open(std::string_view name,
                                        std::optional<std::string_view> resume);

 private:
  const streamhost::Context ctx_;
  SourceOptions options_;
  const std::shared_ptr<Reading> reading_;
  bool begun_ = false;  // all that were there from the start are open
};

streamhost::Component source();

}  // namespace kafka_plugin
