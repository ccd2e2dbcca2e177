#include "engine/routes.h"

#include <algorithm>
#include <cstring>

#include "base/key_hash.h"

namespace streamhost {
namespace {

// Fewer records per key than this are not worth a table of their own. Asked when the table has
// outgrown the caches: a smaller one costs next to nothing.
constexpr uint64_t kWorthCombining = 2;
constexpr size_t kFirstLook = size_t{256} << 10;  // keys
constexpr size_t kStateChunk = size_t{64} << 10;

}  // namespace

bool Route::scatter_by_key(const sh_batch& batch) {
  return scatter(batch, [this](const sh_record& given) {
    auto& r = const_cast<sh_record&>(given);  // see Receiver
    if (r.key_len == SH_ABSENT) [[unlikely]]
      return worker_;
    if (r.key_hash == 0) r.key_hash = key_hash(r.key, r.key_len);
    return owner_of(r.key_hash, workers_);
  });
}

bool SpreadRoute::receive(const sh_batch& batch) {
  return scatter(batch, [this](const sh_record&) {
    const uint32_t to = next_;
    next_ = next_ + 1 == workers_ ? 0 : next_ + 1;
    return to;
  });
}

CombineRoute::CombineRoute(StepContext& context, void* self, Channel& channel, uint32_t worker,
                           Receiver& local, size_t memory_limit)
    : Route(channel, worker, local),
      context_(context),
      step_(context, self),
      memory_limit_(memory_limit),
      look_at_(kFirstLook) {}

bool CombineRoute::receive(const sh_batch& batch) {
  // While states are on their way out the table must not change: what one call upstream still puts
  // out goes to the owners as it is. So does what comes between a barrier and its arrival at the
  // step itself, whose rejected records belong to the epoch before.
  if (!combining_ || sending_ || queues_) return scatter_by_key(batch);
  if (!step_.process(batch)) return false;
  seen_ += batch.count;
  const size_t keys = step_.table().size();
  const bool large = step_.table().memory() > memory_limit_;
  if (!large && keys < look_at_) return true;
  look_at_ = keys * 2;
  if (seen_ < kWorthCombining * keys) combining_ = false;
  if (combining_ && !large) return true;
  seen_ = 0;
  look_at_ = kFirstLook;
  sending_ = true;
  return send_states();
}

bool CombineRoute::send_states() {
  while (sending_ && !outbox_.blocked()) {
    bool done = false;
    const auto each = [this](const void* state, std::string_view saved) {
      return send_state(state, saved);
    };
    if (!step_.save_some(each, &done)) return false;
    if (!done) continue;
    sending_ = false;
    chunk_ = ArenaRef();
    for (const Mark mark : std::exchange(marks_, {})) {
      if (mark.barrier != 0) {
        send_barrier(mark.barrier);
      } else {
        outbox_.end(drained());
      }
    }
  }
  return true;
}

bool CombineRoute::aligned(uint64_t epoch) {
  marks_.push_back({epoch});
  sending_ = true;
  return send_states();
}

bool CombineRoute::send_state(const void* state, std::string_view saved) {
  Job& job = context_.job();
  const sh_bytes key = step_.table().key_of(state);
  const size_t need = key.len + saved.size();
  if (!chunk_ || ArenaPool::capacity(chunk_.get()) - chunk_used_ < need) {
    chunk_ = ArenaRef::adopt(job.hub().arenas.chunk(std::max(need, kStateChunk)));
    chunk_used_ = 0;
    if (!chunk_) return job.fail(context_.step(), "out of memory");
  }
  const auto copy = [this](const void* bytes, size_t size) {
    uint8_t* to = ArenaPool::bytes(chunk_.get()) + chunk_used_;
    if (size != 0) std::memcpy(to, bytes, size);
    chunk_used_ += size;
    return to;
  };
  sh_record r{};
  r.key = copy(key.ptr, key.len);
  r.key_len = static_cast<uint32_t>(key.len);
  r.key_hash = StateTable::hash_of(state);
  r.value = copy(saved.data(), saved.size());
  r.value_len = static_cast<uint32_t>(saved.size());
  r.event_time_us = SH_NO_TIME;
  outbox_.add(owner_of(r.key_hash, workers_), 0, r, chunk_.get(), BlockKind::kPartials);
  return true;
}

bool CombineRoute::go_on(bool* progress) {
  if (!Route::go_on(progress)) return false;
  if (!sending_ || outbox_.blocked()) return true;
  *progress = true;
  return send_states();
}

bool CombineRoute::end(bool drained) {
  if (!last_end(drained)) return true;
  marks_.push_back({0});
  sending_ = true;
  return send_states();
}

PartitionRoute::PartitionRoute(StepContext& context, void* self, const SinkLayout& layout,
                               Channel& channel, uint32_t worker, Receiver& local)
    : Route(channel, worker, local), context_(context), self_(self), layout_(layout) {}

bool PartitionRoute::receive(const sh_batch& batch) {
  if (layout_.names.size() == 1) {
    const uint32_t owner = layout_.owners[0];
    if (owner == worker_ && !queues_) return local_.receive(batch);
    return scatter(batch, [owner](const sh_record&) { return owner; });
  }
  routed_.resize(std::max<size_t>(routed_.size(), batch.count));
  if (!route_to_partitions(context_, self_, layout_, batch, routed_.data())) return false;
  const uint32_t* next = routed_.data();
  return scatter(batch, [&](const sh_record&) { return layout_.owners[*next++]; });
}

}  // namespace streamhost
