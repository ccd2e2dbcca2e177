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

// What stays on this worker goes to `local`, the step itself, by direct call.
class Route : public Receiver {
 public:
  Route(Channel& channel, uint32_t worker, Receiver& local)
      : outbox_(channel, worker),
        local_(local),
        worker_(worker),
        workers_(channel.workers()),
        gate_(outbox_) {}

  Outbox& outbox() { return outbox_; }
  bool end(bool drained) override {
    if (last_end(drained)) outbox_.end(this->drained());
    return true;
  }
  void add_gates(std::vector<const Gate*>& gates) const override {
    gates.push_back(&gate_);
    local_.add_gates(gates);
  }

 protected:
  // Sends each record of the batch to the worker that `to(record)` names.
  template <class To>
  bool scatter(const sh_batch& batch, To&& to) {
    outbox_.add_all(batch, to);
    const auto own = outbox_.own();
    if (own.empty()) return true;
    sh_batch part = batch;
    part.records = own.data();
    part.count = static_cast<uint32_t>(own.size());
    return local_.receive(part);
  }
  // The same by the owners of the keys. Records without one stay here, where the step rejects them.
  bool scatter_by_key(const sh_batch& batch);

  Outbox outbox_;
  Receiver& local_;
  const uint32_t worker_;
  const uint32_t workers_;

 private:
  OutboxGate gate_;
};

// Each record to the worker that owns its key.
class KeyRoute final : public Route {
 public:
  using Route::Route;
  bool receive(const sh_batch& batch) override { return scatter_by_key(batch); }
};

// Records in turn to all workers.
class SpreadRoute final : public Route {
 public:
  SpreadRoute(Channel& channel, uint32_t worker, Receiver& local)
      : Route(channel, worker, local), next_(worker) {}
  bool receive(const sh_batch& batch) override;

 private:
  uint32_t next_;
};

// A combining step: runs it on what is here, and sends the states to the owners of their keys when
// the input has ended or the table has grown large. When keys hardly repeat, combining only costs;
// then the records themselves go to the owners from there on.
class CombineRoute final : public Route {
 public:
  // `memory_limit`: bytes that the table may take.
  CombineRoute(StepContext& context, void* self, Channel& channel, uint32_t worker, Receiver& local,
               size_t memory_limit);
  bool receive(const sh_batch& batch) override;
  bool end(bool drained) override;

 private:
  bool send_partials();

  StepContext& context_;
  KeyedStep step_;
  const size_t memory_limit_;
  size_t look_at_;     // how many keys the table has when it is asked whether it is worth it
  uint64_t seen_ = 0;  // records since the table was last sent away
  bool combining_ = true;
};

// Each record to the worker that writes its partition of a sink.
class PartitionRoute final : public Route {
 public:
  PartitionRoute(StepContext& context, void* self, const SinkLayout& layout, Channel& channel,
                 uint32_t worker, Receiver& local);
  bool receive(const sh_batch& batch) override;

 private:
  StepContext& context_;
  void* const self_;
  const SinkLayout& layout_;
  std::vector<uint32_t> routed_;  // partition of each record of the batch in hand
};

}  // namespace streamhost
