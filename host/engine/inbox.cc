#include "engine/inbox.h"

#include <algorithm>

#include "engine/routes.h"

namespace streamhost {
namespace {

constexpr int kBlocksInTurn = 32;  // of one lane, before the next lane's

}  // namespace

Inbox::Inbox(Channel& channel, uint32_t worker, Route& route, Receiver& target, KeyedNode* partials,
             WorkerScope& scope)
    : channel_(channel),
      worker_(worker),
      route_(route),
      target_(target),
      partials_(partials),
      scope_(scope),
      arrow_(target.add_arrow()),
      passed_(channel.workers()),
      lanes_(channel.workers()),
      watermarks_(channel.workers(), kNoWatermark) {
  for (uint32_t from = 0; from < channel.workers(); ++from) {
    lanes_[from].name = kLaneOrigin + std::to_string(from) + "-" + std::to_string(worker);
  }
  route_.set_own_lane(scope_, lanes_[worker]);
}

void Inbox::open() { target_.add_gates(gates_); }

bool Inbox::blocked() const { return any_blocked(gates_); }

bool Inbox::run(int64_t now_us, bool* progress) {
  for (uint32_t from = 0; from < channel_.workers(); ++from) {
    // One that is not asked is not idle.
    if (passed_[from] || blocked()) lanes_[from].quiet_since_us = INT64_MAX;
    for (int i = 0; i < kBlocksInTurn && !passed_[from] && !blocked(); ++i) {
      auto block = channel_.pop(from, worker_);
      if (!block) {
        Origin& lane = lanes_[from];  // asked, and with nothing to give
        if (lane.quiet_since_us == INT64_MAX) lane.quiet_since_us = now_us;
        if (from == worker_ && route_.queues() && !take_over_own(progress)) return false;
        break;
      }
      *progress = true;
      const bool ok = handle(*block, from);
      channel_.hub().blocks.give_back(std::move(block));
      channel_.hub().landed();
      if (!ok) return false;
    }
  }
  return true;
}

// The lane from this worker to itself is empty: what stays here need not take it any more.
bool Inbox::take_over_own(bool* progress) {
  bool ready = false;
  auto block = route_.outbox().take_own(&ready);
  if (!ready) return true;
  route_.stop_queueing();
  if (!block) return true;
  *progress = true;
  const int64_t watermark = block->watermark;
  const bool ok = deliver(*block, worker_) && take_watermark(worker_, watermark);
  channel_.hub().blocks.give_back(std::move(block));
  return ok;
}

bool Inbox::handle(Block& block, uint32_t from) {
  switch (block.kind) {
    case BlockKind::kRecords:
    case BlockKind::kPartials:
      lanes_[from].quiet_since_us = INT64_MAX;
      return deliver(block, from) && take_watermark(from, block.watermark);
    case BlockKind::kWatermark: return take_watermark(from, block.watermark);
    case BlockKind::kBarrier:
      passed_[from] = true;
      if (++passed_lanes_ != channel_.workers()) return true;
      passed_.assign(passed_.size(), false);
      passed_lanes_ = 0;
      return target_.barrier(arrow_, block.epoch);
    case BlockKind::kEnd: break;
  }
  lanes_[from].ended = true;
  drained_ = drained_ || block.drained;
  return ++ended_lanes_ != channel_.workers() || target_.end(drained_);
}

bool Inbox::take_watermark(uint32_t from, int64_t us) {
  if (watermarks_[from] == us) return true;
  watermarks_[from] = us;
  if (us < kIdleWatermark) largest_ = std::max(largest_, us);
  const int64_t least = *std::min_element(watermarks_.begin(), watermarks_.end());
  // As in Receiver::watermark().
  if (least == kIdleWatermark && largest_ != kNoWatermark && !target_.watermark(arrow_, largest_)) {
    return false;
  }
  return target_.watermark(arrow_, least);
}

bool Inbox::deliver(Block& block, uint32_t from) {
  scope_.origin = &lanes_[from];
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
