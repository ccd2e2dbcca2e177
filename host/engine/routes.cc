#include "engine/routes.h"

#include <algorithm>
#include <cstring>

#include "base/key_hash.h"

namespace streamhost {
namespace {

// Fewer records per key than this are not worth a table of their own.
constexpr uint64_t kWorthCombining = 2;

bool route_by_key(StepContext& context, Outbox& outbox, uint32_t workers, const sh_batch& batch) {
  auto* records = const_cast<sh_record*>(batch.records);  // see Receiver
  for (uint32_t i = 0; i < batch.count; ++i) {
    sh_record& r = records[i];
    if (r.key_len == SH_ABSENT) [[unlikely]] {
      if (!context.reject_record(
              r, "the record has no key; put a step like core.key_on before this one")) {
        return false;
      }
      continue;
    }
    if (r.key_hash == 0) r.key_hash = key_hash(r.key, r.key_len);
    outbox.add(owner_of(r.key_hash, workers), batch.port, r, batch.arena);
  }
  return true;
}

}  // namespace

bool KeyRoute::receive(const sh_batch& batch) {
  context_.out().begin(nullptr);  // rejected records leave by the step's own errors port
  const bool ok = route_by_key(context_, outbox_, workers_, batch);
  return context_.out().finish() && ok;
}

bool SpreadRoute::receive(const sh_batch& batch) {
  for (uint32_t i = 0; i < batch.count; ++i) {
    outbox_.add(next_, batch.port, batch.records[i], batch.arena);
    if (++next_ == workers_) next_ = 0;
  }
  return true;
}

CombineRoute::CombineRoute(StepContext& context, void* self, Channel& channel, uint32_t worker,
                           size_t memory_limit)
    : Route(channel, worker),
      context_(context),
      step_(context, self),
      workers_(channel.workers()),
      memory_limit_(memory_limit) {}

bool CombineRoute::receive(const sh_batch& batch) {
  if (!combining_) {
    context_.out().begin(nullptr);
    const bool ok = route_by_key(context_, outbox_, workers_, batch);
    return context_.out().finish() && ok;
  }
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
                               SinkNode& local, Channel& channel, uint32_t worker)
    : Route(channel, worker),
      context_(context),
      self_(self),
      layout_(layout),
      local_(local),
      worker_(worker) {}

bool PartitionRoute::receive(const sh_batch& batch) {
  if (layout_.names.size() == 1) {
    const uint32_t owner = layout_.owners[0];
    if (owner == worker_) return local_.receive(batch);
    for (uint32_t i = 0; i < batch.count; ++i) {
      outbox_.add(owner, batch.port, batch.records[i], batch.arena);
    }
    return true;
  }
  routed_.resize(std::max<size_t>(routed_.size(), batch.count));
  if (!route_to_partitions(context_, self_, layout_, batch, routed_.data())) return false;
  for (uint32_t i = 0; i < batch.count; ++i) {
    outbox_.add(layout_.owners[routed_[i]], batch.port, batch.records[i], batch.arena);
  }
  return true;
}

void PartitionRoute::add_gates(std::vector<const Gate*>& gates) const {
  Route::add_gates(gates);
  local_.add_gates(gates);
}

}  // namespace streamhost
