#include "engine/routes.h"

#include <algorithm>
#include <cstring>

#include "base/key_hash.h"
#include "engine/operator_node.h"

namespace streamhost {
namespace {

// Fewer records per key than this are not worth a table of their own.
constexpr uint64_t kWorthCombining = 2;

}  // namespace

bool Route::scatter(const sh_batch& batch) {
  outbox_.add_all(batch, to_.data());
  const auto own = outbox_.own();
  if (own.empty()) return true;
  sh_batch part = batch;
  part.records = own.data();
  part.count = static_cast<uint32_t>(own.size());
  return local_.receive(part);
}

bool Route::scatter_by_key(StepContext& context, const sh_batch& given, uint32_t workers) {
  sh_batch batch = given;
  std::vector<sh_record> kept;
  if (!reject_keyless(context, batch, kept)) return false;
  uint32_t* to = destinations(batch.count);
  auto* records = const_cast<sh_record*>(batch.records);  // see Receiver
  for (uint32_t i = 0; i < batch.count; ++i) {
    sh_record& r = records[i];
    if (r.key_hash == 0) r.key_hash = key_hash(r.key, r.key_len);
    to[i] = owner_of(r.key_hash, workers);
  }
  return scatter(batch);
}

bool SpreadRoute::receive(const sh_batch& batch) {
  uint32_t* to = destinations(batch.count);
  for (uint32_t i = 0; i < batch.count; ++i) {
    to[i] = next_;
    if (++next_ == workers_) next_ = 0;
  }
  return scatter(batch);
}

CombineRoute::CombineRoute(StepContext& context, void* self, Channel& channel, uint32_t worker,
                           Receiver& local, size_t memory_limit)
    : Route(channel, worker, local),
      context_(context),
      step_(context, self),
      workers_(channel.workers()),
      memory_limit_(memory_limit) {}

bool CombineRoute::receive(const sh_batch& batch) {
  if (!combining_) return scatter_by_key(context_, batch, workers_);
  if (!step_.process(batch)) return false;
  seen_ += batch.count;
  if (step_.table().memory() > memory_limit_) {
    if (seen_ < kWorthCombining * step_.table().size()) combining_ = false;
    seen_ = 0;
    return send_partials();
  }
  return true;
}

bool CombineRoute::send_partials() {
  // Saved bytes and keys are copied into chunks: the table is gone before they are read.
  Job& job = context_.job();
  ArenaRef chunk;
  size_t used = 0;
  const auto copy = [&](const void* bytes, size_t size) {
    uint8_t* to = ArenaPool::bytes(chunk.get()) + used;
    if (size != 0) std::memcpy(to, bytes, size);
    used += size;
    return to;
  };
  return step_.save_all([&](const void* state, std::string_view saved) {
    const sh_bytes key = StateTable::key_of(state);
    const size_t need = key.len + saved.size();
    if (!chunk || ArenaPool::capacity(chunk.get()) - used < need) {
      chunk = ArenaRef::adopt(job.hub().arenas.chunk(std::max<size_t>(need, 64 << 10)));
      used = 0;
      if (!chunk) return job.fail(context_.step(), "out of memory");
    }
    sh_record r{};
    r.key = copy(key.ptr, key.len);
    r.key_len = static_cast<uint32_t>(key.len);
    r.key_hash = StateTable::hash_of(state);
    r.value = copy(saved.data(), saved.size());
    r.value_len = static_cast<uint32_t>(saved.size());
    r.event_time_us = SH_NO_TIME;
    outbox_.add(owner_of(r.key_hash, workers_), 0, r, chunk.get(), BlockKind::kPartials);
    return true;
  });
}

bool CombineRoute::end(bool drained) {
  if (!last_end(drained)) return true;
  if (!send_partials()) return false;
  outbox_.end(this->drained());
  return true;
}

PartitionRoute::PartitionRoute(StepContext& context, void* self, const SinkLayout& layout,
                               Channel& channel, uint32_t worker, Receiver& local)
    : Route(channel, worker, local),
      context_(context),
      self_(self),
      layout_(layout),
      worker_(worker) {}

bool PartitionRoute::receive(const sh_batch& batch) {
  if (layout_.names.size() == 1 && layout_.owners[0] == worker_) return local_.receive(batch);
  uint32_t* to = destinations(batch.count);
  if (!route_to_partitions(context_, self_, layout_, batch, to)) return false;
  for (uint32_t i = 0; i < batch.count; ++i) to[i] = layout_.owners[to[i]];
  return scatter(batch);
}

}  // namespace streamhost
