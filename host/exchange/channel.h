// The exchange: for one step, a lane of blocks from every worker to every worker. Within a process
// a lane is a ring between two threads; between processes it is one between the thread that
// receives and the worker, fed by a trunk.
//
// Credit and deadlock. A lane holds a bounded number of blocks. A sender never waits: what a full
// lane does not take stays in the sender's Outbox, whose owner then runs nothing that could add to
// it until the lane has room again. Lanes lead down a graph without cycles, and what leads to a
// sink is never held back by what comes before it, so some worker can always go on.
#pragma once

#include <streamhost/abi.h>

#include <atomic>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "base/arena.h"
#include "exchange/block.h"
#include "exchange/parker.h"
#include "exchange/spsc_ring.h"
#include "exchange/topology.h"
#include "exchange/trunk.h"

namespace streamhost {

// What all channels of a job share.
struct ExchangeHub {
  ExchangeHub(Topology all, uint32_t most_records, uint64_t memory_limit)
      : topology(std::move(all)),
        batch_size(most_records),
        blocks(most_records),
        parkers(topology.local()),
        memory(memory_limit) {}

  const Topology topology;
  const uint32_t batch_size;  // records
  ArenaPool arenas;
  BlockPool blocks;
  std::vector<Parker> parkers;  // one per worker that is here
  const uint64_t memory;        // bound on bytes of arenas in use, beyond which sources wait
  std::atomic<uint64_t> in_flight{
      0};  // blocks sent and not yet done with, and batches held by sinks
  std::atomic<uint32_t> memory_waiters{0};  // workers that hold back sources until memory is free

  Parker& parker(uint32_t worker) { return parkers[topology.local_index(worker)]; }
  void wake_all() {
    for (Parker& parker : parkers) parker.wake();
  }
  // To be called when something that was counted in `in_flight` is done with. [any thread]
  void landed();
  // Whether a source may go on: memory is there, or nothing is on its way that could free some.
  bool memory_free() const {
    return arenas.in_use() <= memory || in_flight.load(std::memory_order_seq_cst) == 0;
  }
};

class Channel {
 public:
  // `capacity`: blocks in each lane. `payload`: bytes of keys and values at which a block is sent
  // though it is not full. `trunk` leads to other processes; null when there are none.
  Channel(ExchangeHub& hub, size_t capacity, uint64_t payload = kMostPayload,
          Trunk* trunk = nullptr);
  static constexpr uint64_t kMostPayload = 256 << 10;

  // Of all processes.
  uint32_t workers() const { return hub_.topology.workers(); }
  ExchangeHub& hub() { return hub_; }
  uint64_t payload() const { return payload_; }

  // Offers a block to a lane and wakes its reader; false, with `block` untouched, when it is full.
  // The sender is then woken once there is room. [worker `from`]
  bool push(uint32_t from, uint32_t to, std::unique_ptr<Block>& block);
  // The oldest block of a lane; null when there is none. [worker `to`]
  std::unique_ptr<Block> pop(uint32_t from, uint32_t to);

  // What the trunk brings. [cluster's thread]
  // A block of a worker elsewhere; false when the lane is full: it was sent without credit.
  bool arrived(uint32_t from, uint32_t to, std::unique_ptr<Block>& block);
  // A worker elsewhere has taken so many blocks out of a lane.
  void credited(uint32_t from, uint32_t to, uint32_t blocks);

 private:
  // Into a worker that is here.
  struct Lane {
    explicit Lane(size_t capacity) : ring(capacity) {}
    SpscRing<std::unique_ptr<Block>> ring;
    std::atomic<bool> starved{false};  // the sender waits for room
    uint32_t taken = 0;  // blocks of another process that it was not given credit for yet [to]
  };
  // To a worker elsewhere.
  struct Outlet {
    std::atomic<uint32_t> credit{0};   // blocks that may be sent
    std::atomic<bool> starved{false};  // the sender waits for some
  };
  Lane& lane(uint32_t from, uint32_t to) {
    return *lanes_[from * hub_.topology.local() + hub_.topology.local_index(to)];
  }
  Outlet& outlet(uint32_t from, uint32_t to) {
    return outlets_[hub_.topology.local_index(from) * workers() + to];
  }
  bool push_out(uint32_t from, uint32_t to, std::unique_ptr<Block>& block);

  ExchangeHub& hub_;
  const uint32_t capacity_;  // of a lane
  const uint64_t payload_;
  Trunk* const trunk_;
  uint32_t number_ = 0;  // in the trunk
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Outlet> outlets_;
};

// The sending end of a channel on one worker: gathers records into blocks. [worker]
class Outbox {
 public:
  Outbox(Channel& channel, uint32_t worker);

  // Adds each record of the batch for the worker that `to(record)` names. With `keep_own` those for
  // this worker itself do not travel: they are gathered in order, and are to be handled before the
  // next call (see own()); without it they take the lane that leads back here. Never blocks.
  template <class To>
  void add_all(const sh_batch& batch, bool keep_own, To&& to) {
    begin_batch(batch);
    const auto own = keep_own ? static_cast<uint32_t>(open_.size() - 1) : worker_;
    for (uint32_t i = 0; i < batch.count; ++i) {
      const sh_record& record = batch.records[i];
      const uint32_t worker = to(record);
      // No branch on where it goes: that cannot be predicted.
      Open& open = open_[worker == worker_ ? own : worker];
      if (open.at == open.end) [[unlikely]]
        next_block(open, batch);
      *open.at++ = record;
      open.payload += payload_of(record);
      if (open.payload >= payload_) [[unlikely]]
        ship_heavy(open);
    }
  }
  // The records of the last add_all() for this worker; they point into that batch's arena.
  std::span<sh_record> own() { return {own_.data(), open_.back().at}; }

  // Adds one record for worker `to`, which may be this one; `arena` holds its bytes.
  void add(uint32_t to, uint32_t port, const sh_record& record, sh_arena* arena, BlockKind kind);

  // Sends what has gathered, also if it is little.
  void flush();
  // Everything that is sent from now on carries this watermark; flush() sends it where nothing else
  // goes.
  void watermark(int64_t us) {
    watermark_ = us;
    dirty_ = true;
  }
  // Sends the mark that an epoch ends, behind everything else, by every lane.
  void barrier(uint64_t epoch);
  // Sends the mark that no more records come, in the same way.
  void end(bool drained);
  // What is gathered for the lane that leads back here, once everything before it has been taken
  // out of that lane by the caller; null when there is nothing. False in `ready` as long as
  // something waits for room there.
  std::unique_ptr<Block> take_own(bool* ready);

  // True while something waits for room: nothing that adds to this outbox may run.
  bool blocked() const { return waiting_ != 0; }
  // Offers what waits once more; true when something moved.
  bool retry();
  bool dirty() const { return dirty_; }

 private:
  // A block being filled. `at` and `end` point into it; both null when there is none.
  struct Open {
    sh_record* at = nullptr;
    sh_record* end = nullptr;
    uint64_t payload = 0;
    std::unique_ptr<Block> block;
  };

  // Bytes of key and value, and one for each that is there.
  static uint64_t payload_of(const sh_record& r) {
    return uint32_t{r.key_len + 1} + uint64_t{uint32_t{r.value_len + 1}};
  }
  void begin_batch(const sh_batch& batch);
  void next_block(Open& open, const sh_batch& batch);
  void ship_heavy(Open& open);
  void start(uint32_t to, uint32_t port, BlockKind kind);
  void ship(uint32_t to);
  std::unique_ptr<Block> close(uint32_t to);
  void send_mark(BlockKind kind, bool drained, uint64_t epoch);
  void send_watermark(uint32_t to);
  void send(uint32_t to, std::unique_ptr<Block> block);

  Channel& channel_;
  const uint32_t worker_;
  const uint64_t payload_;
  std::vector<Open> open_;  // by receiver; behind them one for what stays here, in own_
  std::vector<std::deque<std::unique_ptr<Block>>> over_;  // by receiver: what the lane did not take
  std::vector<sh_record> own_;
  size_t waiting_ = 0;
  int64_t watermark_ = SH_NO_TIME;
  std::vector<int64_t> told_;  // by receiver: the watermark it was sent last
  bool dirty_ = false;
};

}  // namespace streamhost
