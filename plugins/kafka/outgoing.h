// A message on its way to Kafka.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <optional>
#include <streamhost/sdk.hpp>
#include <string_view>

namespace kafka_plugin {

// Views: the bytes belong to the record, or to what the epoch keeps of it.
struct Outgoing {
  std::string_view topic;
  int32_t partition = RD_KAFKA_PARTITION_UA;  // chosen by the partitioner
  int64_t timestamp_ms = 0;                   // since the Unix epoch; 0: the time of sending
  std::optional<std::string_view> key, value;
  const sh_header* headers = nullptr;
  uint32_t header_count = 0;

  // What counts against message.max.bytes: the most that librdkafka makes of it, in the sum of its
  // variable-length integers (RD_KAFKAP_MESSAGE_V2_MAX_OVERHEAD; two sizes for each header).
  size_t size() const {
    size_t bytes = 36 + (key ? key->size() : 0) + (value ? value->size() : 0);
    for (uint32_t i = 0; i < header_count; ++i) {
      bytes += 10 + headers[i].name.len + headers[i].value.len;
    }
    return bytes;
  }
};

}  // namespace kafka_plugin
