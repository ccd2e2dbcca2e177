#include "exchange/channel.h"

namespace streamhost {
namespace {

// A block whose records use less than this share of what their arenas hold is copied together, when
// memory gets short.
constexpr uint64_t kSparse = 8;

}  // namespace

void ExchangeHub::landed() {
  in_flight.fetch_sub(1, std::memory_order_seq_cst);
  if (memory_waiters.load(std::memory_order_seq_cst) != 0) wake_all();
}

Channel::Channel(ExchangeHub& hub, uint32_t workers, size_t capacity)
    : hub_(hub), workers_(workers) {
  for (uint32_t i = 0; i < workers * workers; ++i) {
    lanes_.push_back(std::make_unique<Lane>(capacity));
  }
}

bool Channel::push(uint32_t from, uint32_t to, std::unique_ptr<Block>& block) {
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
  if (to != from) hub_.parkers[to].wake();
  return true;
}

std::unique_ptr<Block> Channel::pop(uint32_t from, uint32_t to) {
  Lane& l = lane(from, to);
  auto block = l.ring.pop();
  if (!block) return nullptr;
  if (l.starved.load(std::memory_order_seq_cst)) {
    l.starved.store(false, std::memory_order_seq_cst);
    hub_.parkers[from].wake();
  }
  return std::move(*block);
}

Outbox::Outbox(Channel& channel, uint32_t worker)
    : channel_(channel), worker_(worker), open_(channel.workers()), over_(channel.workers()) {}

Block* Outbox::start(uint32_t to, uint32_t port, BlockKind kind) {
  if (open_[to]) ship(to);
  open_[to] = channel_.hub().blocks.take();
  open_[to]->port = port;
  open_[to]->kind = kind;
  dirty_ = true;
  return open_[to].get();
}

void Outbox::ship(uint32_t to) {
  std::unique_ptr<Block> block = std::move(open_[to]);
  ExchangeHub& hub = channel_.hub();
  if (hub.arenas.in_use() > hub.memory / 2 && block->held() > kSparse * block->payload) {
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
  for (uint32_t to = 0; to < open_.size(); ++to) {
    if (open_[to] && open_[to]->count != 0) ship(to);
  }
  dirty_ = false;
}

void Outbox::end(bool drained) {
  flush();
  for (uint32_t to = 0; to < open_.size(); ++to) {
    auto block = channel_.hub().blocks.take();
    block->kind = BlockKind::kEnd;
    block->drained = drained;
    send(to, std::move(block));
  }
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
