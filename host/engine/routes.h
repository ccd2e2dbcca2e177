// The ways to other workers: receivers that put records into a channel instead of calling on.
#pragma once

#include "engine/context.h"
#include "engine/keyed_step.h"
#include "engine/receiver.h"
#include "engine/sink_node.h"
#include "exchange/channel.h"

namespace streamhost {

// The sending end of an exchange is a gate: while it waits for room, nothing may add to it. What
// stays on this worker goes to `local`, the step itself, by direct call; but from a barrier on
// until it has come from all other workers too, it queues in the lane that leads back here.
class Route : public Receiver, public Gate {
 public:
  Route(Channel& channel, uint32_t worker, Receiver& local)
      : outbox_(channel, worker), local_(local), worker_(worker), workers_(channel.workers()) {}

  Outbox& outbox() { return outbox_; }
  // True while what stays here queues; the inbox says when that is over.
  bool queues() const { return queues_; }
  void stop_queueing() { queues_ = false; }
  bool blocked() const override { return outbox_.blocked(); }
  // Offers what waits for room once more, and goes on with what was held back. Sets `progress` when
  // anything moved.
  [[nodiscard]] virtual bool go_on(bool* progress) {
    if (outbox_.blocked() && outbox_.retry()) *progress = true;
    return true;
  }
  // The lane from this worker to itself, which the inbox knows.
  void set_own_lane(WorkerScope& scope, Origin& lane) {
    scope_ = &scope;
    own_lane_ = &lane;
  }
  bool end(bool drained) override {
    if (last_end(drained)) outbox_.end(this->drained());
    return true;
  }
  void add_gates(std::vector<const Gate*>& gates) const override {
    gates.push_back(this);
    local_.add_gates(gates);
  }

 protected:
  bool aligned(uint64_t epoch) override {
    send_barrier(epoch);
    return true;
  }
  bool watermark_moved(int64_t us) override {
    // What it has come to is told before it is told that nobody need wait.
    if (us == kIdleWatermark) outbox_.flush();
    outbox_.watermark(us);
    return true;
  }
  void send_barrier(uint64_t epoch) {
    queues_ = true;
    outbox_.barrier(epoch);
  }
  // Sends each record of the batch to the worker that `to(record)` names.
  template <class To>
  bool scatter(const sh_batch& batch, To&& to) {
    outbox_.add_all(batch, !queues_, to);
    if (queues_) return true;
    const auto own = outbox_.own();
    if (own.empty()) return true;
    sh_batch part = batch;
    part.records = own.data();
    part.count = static_cast<uint32_t>(own.size());
    return stays(part);
  }
  // Hands on what does not leave this worker. To those behind the exchange it has come by the lane
  // from here to here.
  bool stays(const sh_batch& batch) {
    own_lane_->quiet_since_us = INT64_MAX;
    Origin* const before = std::exchange(scope_->origin, own_lane_);
    const bool ok = local_.receive(batch);
    scope_->origin = before;
    return ok;
  }
  // The same by the owners of the keys. Records without one stay here, where the step rejects them.
  bool scatter_by_key(const sh_batch& batch);

  Outbox outbox_;
  Receiver& local_;
  WorkerScope* scope_ = nullptr;
  Origin* own_lane_ = nullptr;
  const uint32_t worker_;
  const uint32_t workers_;
  bool queues_ = false;
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
// an epoch or the input has ended or the table has grown large. When keys hardly repeat, combining
// only costs; then the records themselves go to the owners from there on.
class CombineRoute final : public Route {
 public:
  // `memory_limit`: bytes that the table may take.
  CombineRoute(StepContext& context, void* self, Channel& channel, uint32_t worker, Receiver& local,
               size_t memory_limit);
  bool receive(const sh_batch& batch) override;
  bool end(bool drained) override;
  // Also while states are being sent.
  bool blocked() const override { return sending_ || Route::blocked(); }
  bool go_on(bool* progress) override;

 protected:
  bool aligned(uint64_t epoch) override;

 private:
  struct Mark {
    uint64_t barrier;  // 0: the end
  };
  bool send_states();
  bool send_state(const void* state, std::string_view saved);

  StepContext& context_;
  KeyedStep step_;
  const size_t memory_limit_;
  size_t look_at_;     // how many keys the table has when it is asked whether it is worth it
  uint64_t seen_ = 0;  // records since the table was last sent away
  bool combining_ = true;
  bool sending_ = false;     // the table is on its way out
  std::vector<Mark> marks_;  // to be sent behind it, in this order
  ArenaRef chunk_;  // where keys and saved bytes are copied to: the table goes before they are read
  size_t chunk_used_ = 0;
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
