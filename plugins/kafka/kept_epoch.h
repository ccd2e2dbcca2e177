// The messages that an epoch's handle keeps, on their way to Kafka.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "epoch_handle.h"
#include "epoch_output.h"
#include "producer.h"

namespace kafka_plugin {

// The marker as a message. It points into `handle`, `id` and `text`.
Outgoing marker_of(const EpochHandle& handle, const std::string& id, const std::string& text);

// What decode_handle() has left; throws Error (state) when it is damaged. `what`: "epoch 7 of …".
EpochOutput output_of(const EpochHandle& handle, std::string_view kept, const std::string& what);

// Sends all of it and its marker, and waits until the brokers have acknowledged that. To be called
// in a transaction. Throws Error when they refuse, or `stop` is set. Blocks. [Background]
void send_kept_epoch(Producer& producer, uint64_t epoch, const EpochHandle& handle,
                     const EpochOutput& output, const std::atomic<bool>& stop);

}  // namespace kafka_plugin
