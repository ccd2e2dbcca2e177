// What a snapshot holds of a worker's output to Kafka in one epoch: enough to tell whether it was
// committed, and to produce it again if it was not.
//
//   handle := "K1"  size (u32) head  output          head: JSON; output: see epoch_output.h
//
// Example of a head: {"id":"billing-0","slot":0,"slots":2,"nonce":"9f…","topic":"out",
// "marker_topic":"billing-epochs","marker_offset":41}. Without output there is no marker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "epoch_output.h"

namespace kafka_plugin {

struct EpochHandle {
  std::string prefix;  // option transactional_id
  uint32_t slot = 0;   // of the worker that wrote it
  uint32_t slots = 0;  // of how many
  std::string nonce;   // of the transaction
  std::string topic;   // the sink's, for messages that name none
  std::string marker_topic;
  int64_t marker_offset = -1;  // -1: nothing was put out, and there is no marker
  // False: nothing was sent when the handle was made; the marker comes at that offset or behind it.
  bool sent = true;

  bool has_output() const { return marker_offset >= 0; }
  std::string transactional_id() const { return transactional_id(slot); }
  std::string transactional_id(uint32_t of_slot) const {
    return prefix + "-" + std::to_string(of_slot);
  }
};

std::string encode_handle(const EpochHandle& handle, const EpochOutput& output);

// Throws Error (state) when `from` is no handle of this version. `output` gets what follows the
// head, as EpochOutput::read() takes it.
EpochHandle decode_handle(std::string_view from, std::string_view& output);

}  // namespace kafka_plugin
