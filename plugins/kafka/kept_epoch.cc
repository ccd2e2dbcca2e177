#include "kept_epoch.h"

#include "epoch_marker.h"

namespace kafka_plugin {
namespace {

namespace sh = streamhost;

constexpr int kWaitMs = 100;

sh::Error gave_up() {
  return sh::unavailable("producing an epoch from the recovery store: given up, as the job ends");
}

// Sends a message however long its queue is full. [Background]
void send_surely(Producer& producer, const Outgoing& message, bool is_marker,
                 const std::atomic<bool>& stop) {
  std::string why;
  for (;;) {
    switch (producer.send(message, why, is_marker)) {
      case Producer::Sent::kYes: return;
      case Producer::Sent::kBad: throw sh::unavailable("an epoch that is durable: " + why);
      case Producer::Sent::kFull: break;
    }
    rd_kafka_poll(producer.get(), kWaitMs);
    producer.check();
    if (stop.load(std::memory_order_seq_cst)) throw gave_up();
  }
}

}  // namespace

Outgoing marker_of(const EpochHandle& handle, const std::string& id, const std::string& text) {
  Outgoing marker;
  marker.topic = handle.marker_topic;
  marker.partition = kMarkerPartition;
  marker.key = id;
  marker.value = text;
  return marker;
}

EpochOutput output_of(const EpochHandle& handle, std::string_view kept, const std::string& what) {
  EpochOutput output(handle.topic);
  if (!output.read(kept)) {
    throw sh::state_error("the output of " + what + ", as the recovery store has it, is damaged");
  }
  return output;
}

void send_kept_epoch(Producer& producer, uint64_t epoch, const EpochHandle& handle,
                     const EpochOutput& output, const std::atomic<bool>& stop) {
  EpochOutput::Cursor cursor;
  Outgoing message;
  while (cursor.get(output, message)) {
    send_surely(producer, message, false, stop);
    cursor.next();
  }
  const std::string id = handle.transactional_id(), text = marker_text(epoch, handle.nonce);
  send_surely(producer, marker_of(handle, id, text), true, stop);
  while (producer.deliveries().in_flight() != 0) {
    rd_kafka_poll(producer.get(), kWaitMs);
    producer.check();
    if (stop.load(std::memory_order_seq_cst)) throw gave_up();
  }
  producer.check();
}

}  // namespace kafka_plugin
