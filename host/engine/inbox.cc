#include "engine/inbox.h"

namespace streamhost {
namespace {

constexpr int kBlocksInTurn = 32;  // of one lane, before the next lane's

}  // namespace

Inbox::Inbox(Channel& channel, uint32_t worker, Receiver& target, KeyedNode* partials)
    : channel_(channel), worker_(worker), target_(target), partials_(partials) {
  target.expect_end();
}

void Inbox::open() { target_.add_gates(gates_); }

bool Inbox::blocked() const { return any_blocked(gates_); }

bool Inbox::run(bool* progress) {
  if (ended()) return true;
  for (uint32_t from = 0; from < channel_.workers(); ++from) {
    for (int i = 0; i < kBlocksInTurn && !blocked(); ++i) {
      auto block = channel_.pop(from, worker_);
      if (!block) break;
      *progress = true;
      const bool ok = handle(*block);
      channel_.hub().blocks.give_back(std::move(block));
      channel_.hub().landed();
      if (!ok) return false;
    }
  }
  return true;
}

bool Inbox::handle(Block& block) {
  if (block.kind == BlockKind::kEnd) {
    drained_ = drained_ || block.drained;
    ++ended_lanes_;
    return !ended() || target_.end(drained_);
  }
  const ArenaRef group = make_group(block.arenas.data(), block.arenas.size());
  sh_batch batch{};
  batch.struct_size = sizeof(batch);
  batch.port = block.port;
  batch.count = block.count;
  batch.records = block.records.data();
  batch.arena = group.get();
  return block.kind == BlockKind::kPartials ? partials_->receive_partials(batch)
                                            : target_.receive(batch);
}

}  // namespace streamhost
