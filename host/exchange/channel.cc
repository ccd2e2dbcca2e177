#include "exchange/channel.h"

#include <bit>
#include <utility>

namespace streamhost {
namespace {

// A block whose records use less than this share of what their arenas hold is copied together, when
// memory gets short.
constexpr uint64_t kSparse = 8;

}  // namespace

void ExchangeHub::landed() {
  in_flight.fetch_sub(1, std::memory_order_seq_cst);
  if (memory_waiters.load(std::memory_order_seq_cst) != 0 && memory_free()) wake_all();
}

Channel::Channel(ExchangeHub& hub, size_t capacity, uint64_t payload, Trunk* trunk)
    : hub_(hub),
      capacity_(static_cast<uint32_t>(std::bit_ceil(std::max<size_t>(capacity, 2)))),
      payload_(payload),
      trunk_(trunk),
      outlets_(trunk == nullptr ? 0 : size_t{hub.topology.local()} * hub.topology.workers()) {
  for (size_t i = 0; i < size_t{workers()} * hub.topology.local(); ++i) {
    lanes_.push_back(std::make_unique<Lane>(capacity_));
  }
  for (Outlet& outlet : outlets_) outlet.credit = capacity_;
  if (trunk != nullptr) number_ = trunk->add(*this);
}

bool Channel::push(uint32_t from, uint32_t to, std::unique_ptr<Block>& block) {
  if (!hub_.topology.is_local(to)) return push_out(from, to, block);
  Lane& l = lane(from, to);
  // Counted before it can be seen, so that the count never falls below what is on its way.
  hub_.in_flight.fetch_add(1, std::memory_order_seq_cst);
  if (!l.ring.push(std::move(block))) {
    l.starved.store(true, std::memory_order_seq_cst);
    if (!l.ring.push(std::move(block))) {
      hub_.in_flight.fetch_sub(1, std::memory_order_seq_cst);
      return false;
    }
  }
  if (to != from) hub_.parker(to).wake();
  return true;
}

bool Channel::push_out(uint32_t from, uint32_t to, std::unique_ptr<Block>& block) {
  Outlet& out = outlet(from, to);
  if (out.credit.load(std::memory_order_seq_cst) == 0) {
    out.starved.store(true, std::memory_order_seq_cst);
    if (out.credit.load(std::memory_order_seq_cst) == 0) return false;
  }
  out.credit.fetch_sub(1, std::memory_order_seq_cst);
  trunk_->send(number_, from, to, *block);
  hub_.blocks.give_back(std::move(block));
  return true;
}

std::unique_ptr<Block> Channel::pop(uint32_t from, uint32_t to) {
  Lane& l = lane(from, to);
  auto block = l.ring.pop();
  if (!block) return nullptr;
  if (!hub_.topology.is_local(from)) {
    // In lots, as each is a frame; half a lane is never enough to starve the sender.
    if (++l.taken >= std::max(capacity_ / 2, 1u)) {
      trunk_->give_credit(number_, from, to, std::exchange(l.taken, 0));
    }
  } else if (l.starved.load(std::memory_order_seq_cst)) {
    l.starved.store(false, std::memory_order_seq_cst);
    hub_.parker(from).wake();
  }
  return std::move(*block);
}

bool Channel::arrived(uint32_t from, uint32_t to, std::unique_ptr<Block>& block) {
  hub_.in_flight.fetch_add(1, std::memory_order_seq_cst);
  if (!lane(from, to).ring.push(std::move(block))) {
    hub_.in_flight.fetch_sub(1, std::memory_order_seq_cst);
    return false;
  }
  hub_.parker(to).wake();
  return true;
}

void Channel::credited(uint32_t from, uint32_t to, uint32_t blocks) {
  Outlet& out = outlet(from, to);
  out.credit.fetch_add(blocks, std::memory_order_seq_cst);
  if (!out.starved.exchange(false, std::memory_order_seq_cst)) return;
  hub_.parker(from).wake();
}

Outbox::Outbox(Channel& channel, uint32_t worker)
    : channel_(channel),
      worker_(worker),
      payload_(channel.payload()),
      open_(channel.workers() + 1),
      over_(channel.workers()),
      told_(channel.workers(), SH_NO_TIME) {}

void Outbox::start(uint32_t to, uint32_t port, BlockKind kind) {
  Open& open = open_[to];
  if (open.block) ship(to);
  open.block = channel_.hub().blocks.take();
  open.block->port = port;
  open.block->kind = kind;
  open.at = open.block->records.data();
  open.end = open.at + open.block->records.size();
  open.payload = 0;
  dirty_ = true;
}

void Outbox::begin_batch(const sh_batch& batch) {
  // One more than can be needed, so that it never looks full.
  if (own_.size() <= batch.count) own_.resize(batch.count + size_t{1});
  Open& own = open_.back();
  own.at = own_.data();
  own.end = own.at + own_.size();
  own.payload = 0;
  for (uint32_t w = 0; w < channel_.workers(); ++w) {
    Block* block = open_[w].block.get();
    if (block == nullptr) continue;
    if (block->port == batch.port && block->kind == BlockKind::kRecords) {
      block->hold(batch.arena);
    } else {
      ship(w);
    }
  }
}

void Outbox::next_block(Open& open, const sh_batch& batch) {
  const auto to = static_cast<uint32_t>(&open - open_.data());
  start(to, batch.port, BlockKind::kRecords);
  open.block->hold(batch.arena);
}

void Outbox::ship_heavy(Open& open) {
  if (&open == &open_.back()) {
    open.payload = 0;
  } else {
    ship(static_cast<uint32_t>(&open - open_.data()));
  }
}

void Outbox::add(uint32_t to, uint32_t port, const sh_record& record, sh_arena* arena,
                 BlockKind kind) {
  Open& open = open_[to];
  if (!open.block || open.block->port != port || open.block->kind != kind) start(to, port, kind);
  open.block->hold(arena);
  *open.at++ = record;
  open.payload += payload_of(record);
  if (open.at == open.end || open.payload >= payload_) ship(to);
}

std::unique_ptr<Block> Outbox::close(uint32_t to) {
  Open& open = open_[to];
  std::unique_ptr<Block> block = std::move(open.block);
  block->count = static_cast<uint32_t>(open.at - block->records.data());
  open.at = open.end = nullptr;
  if (block->count == 0) {
    channel_.hub().blocks.give_back(std::move(block));
  } else {
    block->watermark = told_[to] = watermark_;
  }
  return block;
}

void Outbox::ship(uint32_t to) {
  std::unique_ptr<Block> block = close(to);
  if (!block) return;
  ExchangeHub& hub = channel_.hub();
  if (hub.arenas.in_use() > hub.memory / 2 && block->held() > kSparse * open_[to].payload) {
    block->compact(hub.arenas);
  }
  send(to, std::move(block));
}

void Outbox::send(uint32_t to, std::unique_ptr<Block> block) {
  if (over_[to].empty() && channel_.push(worker_, to, block)) return;
  over_[to].push_back(std::move(block));
  ++waiting_;
}

void Outbox::flush() {
  if (!dirty_) return;
  for (uint32_t to = 0; to < channel_.workers(); ++to) {
    if (open_[to].block) ship(to);
    if (told_[to] != watermark_) send_watermark(to);
  }
  dirty_ = false;
}

void Outbox::send_watermark(uint32_t to) {
  auto block = channel_.hub().blocks.take();
  block->kind = BlockKind::kWatermark;
  block->watermark = told_[to] = watermark_;
  send(to, std::move(block));
}

void Outbox::send_mark(BlockKind kind, bool drained, uint64_t epoch) {
  flush();
  for (uint32_t to = 0; to < channel_.workers(); ++to) {
    auto block = channel_.hub().blocks.take();
    block->kind = kind;
    block->drained = drained;
    block->epoch = epoch;
    block->watermark = watermark_;
    send(to, std::move(block));
  }
}

void Outbox::barrier(uint64_t epoch) { send_mark(BlockKind::kBarrier, false, epoch); }

void Outbox::end(bool drained) { send_mark(BlockKind::kEnd, drained, 0); }

std::unique_ptr<Block> Outbox::take_own(bool* ready) {
  *ready = over_[worker_].empty();
  return *ready && open_[worker_].block ? close(worker_) : nullptr;
}

bool Outbox::retry() {
  bool moved = false;
  for (uint32_t to = 0; to < over_.size() && waiting_ != 0; ++to) {
    while (!over_[to].empty() && channel_.push(worker_, to, over_[to].front())) {
      over_[to].pop_front();
      --waiting_;
      moved = true;
    }
  }
  return moved;
}

}  // namespace streamhost
