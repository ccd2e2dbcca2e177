// Offsets of durable epochs, reported to a consumer group for those who watch it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "client_events.h"
#include "handles.h"

namespace kafka_plugin {

// All offsets of one epoch go in one request; a failure is logged, and that is all. [worker] where
// nothing else is said.
class GroupOffsets {
 public:
  // An empty group: nothing is reported.
  GroupOffsets(std::string group, std::shared_ptr<ClientEvents> events)
      : group_(std::move(group)), events_(std::move(events)) {}

  // The client to report by, which must be there until finish() has returned. Before anything that
  // has an offset is reported. [any one thread]
  void use(rd_kafka_t* client);
  // One of the `open` partitions that are told of each epoch is at `offset`; -1: not yet known.
  void durable(const std::string& topic, int32_t partition, uint64_t epoch, int64_t offset,
               size_t open);
  // Sends what is left, and waits some seconds for what is under way. [control]
  void finish();

 private:
  void send();
  void sent(rd_kafka_resp_err_t error);

  const std::string group_;
  const std::shared_ptr<ClientEvents> events_;
  rd_kafka_t* client_ = nullptr;
  QueueHandle answers_;  // served by a thread of librdkafka's
  uint64_t epoch_ = 0;
  size_t left_ = 0;  // partitions that are not yet told of in this epoch
  PartitionsHandle offsets_;

  std::mutex mutex_;  // of the rest
  std::condition_variable changed_;
  int under_way_ = 0;
};

}  // namespace kafka_plugin
