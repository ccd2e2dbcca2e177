// The ways to other workers: receivers that put records into a channel instead of calling on.
#pragma once

#include "engine/context.h"
#include "engine/keyed_step.h"
#include "engine/receiver.h"
#include "engine/sink_node.h"
#include "exchange/channel.h"

namespace streamhost {

// The sending end of an exchange is a gate: while it waits for room, nothing may add to it.
class OutboxGate final : public Gate {
 public:
  explicit OutboxGate(const Outbox& outbox) : outbox_(outbox) {}
  bool blocked() const override { return outbox_.blocked(); }

 private:
  const Outbox& outbox_;
};

class Route : public Receiver {
 public:
  Route(Channel& channel, uint32_t worker) : outbox_(channel, worker), gate_(outbox_) {}

  Outbox& outbox() { return outbox_; }
  bool end(bool drained) override {
    if (last_end(drained)) outbox_.end(this->drained());
    return true;
  }
  void add_gates(std::vector<const Gate*>& gates) const override { gates.push_back(&gate_); }

 protected:
  Outbox outbox_;

 private:
  OutboxGate gate_;
};

// Each record to the worker that owns its key.
class KeyRoute final : public Route {
 public:
  KeyRoute(StepContext& context, Channel& channel, uint32_t worker)
      : Route(channel, worker), context_(context), workers_(channel.workers()) {}
  bool receive(const sh_batch& batch) override;

 private:
  StepContext& context_;  // of the keyed step, for what has no key
  const uint32_t workers_;
};

// Records in turn to all workers.
class SpreadRoute final : public Route {
 public:
  SpreadRoute(Channel& channel, uint32_t worker)
      : Route(channel, worker), workers_(channel.workers()), next_(worker) {}
  bool receive(const sh_batch& batch) override;

 private:
  const uint32_t workers_;
  uint32_t next_;
};

// A combining step: runs it on what is here, and sends the states to the owners of their keys when
// the input has ended or the table has grown large. When keys hardly repeat, combining only costs;
// then the records themselves go to the owners from there on.
class CombineRoute final : public Route {
 public:
  // `memory_limit`: bytes that the table may take.
  CombineRoute(StepContext& context, void* self, Channel& channel, uint32_t worker,
               size_t memory_limit);
  bool receive(const sh_batch& batch) override;
  bool end(bool drained) override;

 private:
  bool send_partials();

  StepContext& context_;
  KeyedStep step_;
  const uint32_t workers_;
  const size_t memory_limit_;
  uint64_t seen_ = 0;  // records since the table was last sent away
  bool combining_ = true;
};

// Each record to the worker that writes its partition of a sink. What is written here goes to the
// sink directly.
class PartitionRoute final : public Route {
 public:
  PartitionRoute(StepContext& context, void* self, const SinkLayout& layout, SinkNode& local,
                 Channel& channel, uint32_t worker);
  bool receive(const sh_batch& batch) override;
  void add_gates(std::vector<const Gate*>& gates) const override;

 private:
  StepContext& context_;
  void* const self_;
  const SinkLayout& layout_;
  SinkNode& local_;
  const uint32_t worker_;
  std::vector<uint32_t> routed_;  // of the batch in hand
};

}  // namespace streamhost
