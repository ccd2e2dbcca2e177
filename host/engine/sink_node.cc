#include "engine/sink_node.h"

#include <algorithm>

#include "base/crash_guard.h"
#include "base/key_hash.h"

namespace streamhost {
namespace {

sh_bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

bool route_to_partitions(StepContext& context, void* self, const SinkLayout& layout,
                         const sh_batch& batch, uint32_t* partitions) {
  const sh_sink& sink = *context.step().component.raw->sink;
  const auto count = static_cast<uint32_t>(layout.names.size());
  if (sink.route == nullptr || count == 1) {
    for (uint32_t i = 0; i < batch.count; ++i) {
      const sh_record& r = batch.records[i];
      if (r.key_len == SH_ABSENT || count == 1) {
        partitions[i] = 0;
      } else {
        const uint64_t hash = r.key_hash != 0 ? r.key_hash : key_hash(r.key, r.key_len);
        partitions[i] = owner_of(hash, count);
      }
    }
    return true;
  }
  const CrashScope scope(context.label());
  sh_error error = fresh_error();
  if (sink.route(self, &batch, partitions, &error) < 0) return context.fail("", error);
  for (uint32_t i = 0; i < batch.count; ++i) {
    if (partitions[i] < count) continue;
    return context.job().fail(context.step(), "the plugin chose partition " +
                                                  std::to_string(partitions[i]) + " of " +
                                                  std::to_string(count));
  }
  return true;
}

SinkNode::SinkNode(StepContext& context, void* self, const SinkLayout& layout)
    : context_(context), sink_(*context.step().component.raw->sink), self_(self), layout_(layout) {
  if (layout.dynamic()) {
    parts_.emplace_back();
    return;
  }
  local_.assign(layout.names.size(), UINT32_MAX);
  for (uint32_t p = 0; p < layout.names.size(); ++p) {
    if (layout.owners[p] != context.worker()) continue;
    local_[p] = static_cast<uint32_t>(parts_.size());
    parts_.emplace_back();
    parts_.back().name = layout.names[p];
  }
  sorted_.resize(parts_.size());
}

SinkNode::~SinkNode() {
  const CrashScope scope(context_.label());
  for (Part& part : parts_) {
    if (blocked_ != 0 && !part.pending.empty()) context_.job().hub().landed();
    if (part.part != nullptr) sink_.close(part.part);
  }
}

bool SinkNode::fail(const Part& part, const sh_error& error) {
  return context_.fail(part.name.empty() ? "" : "partition \"" + part.name + "\"", error);
}

bool SinkNode::open() {
  const CrashScope scope(context_.label());
  for (Part& part : parts_) {
    sh_error error = fresh_error();
    if (sink_.open(self_, bytes_of(part.name), nullptr, &part.part, &error) < 0) {
      return fail(part, error);
    }
  }
  return true;
}

bool SinkNode::receive(const sh_batch& batch) {
  dirty_ = true;
  if (layout_.dynamic() || layout_.names.size() == 1) return write(parts_[0], batch);
  routed_.resize(std::max<size_t>(routed_.size(), batch.count));
  if (!route_to_partitions(context_, self_, layout_, batch, routed_.data())) return false;
  for (uint32_t i = 0; i < batch.count; ++i) {
    sorted_[local_[routed_[i]]].push_back(batch.records[i]);
  }
  for (size_t p = 0; p < parts_.size(); ++p) {
    if (sorted_[p].empty()) continue;
    sh_batch part = batch;
    part.records = sorted_[p].data();
    part.count = static_cast<uint32_t>(sorted_[p].size());
    const bool ok = write(parts_[p], part);
    sorted_[p].clear();
    if (!ok) return false;
  }
  return true;
}

bool SinkNode::offer(Part& part, const sh_record* records, uint32_t count, sh_arena* arena,
                     uint32_t* taken) {
  const CrashScope scope(context_.label());
  *taken = 0;
  while (*taken < count) {
    sh_batch batch{};
    batch.struct_size = sizeof(batch);
    batch.records = records + *taken;
    batch.count = count - *taken;
    batch.arena = arena;
    sh_error error = fresh_error();
    uint32_t written = batch.count;
    int64_t again_us = INT64_MAX;
    const sh_status status = sink_.write(part.part, &batch, &written, &again_us, &error);
    if (status >= 0) {
      part.backoff.succeeded();
      *taken += std::min(written, batch.count);
      part.again_us = again_us;
      return true;
    }
    if (status == SH_E_DATA && (error.flags & SH_ERR_RECORD) != 0 && error.record < batch.count) {
      context_.out().begin(nullptr);
      const bool ok = context_.reject_record(batch.records[error.record], error.message);
      if (!context_.out().finish() || !ok) return false;
      *taken += error.record + 1;
      continue;
    }
    const bool retry = (error.flags & SH_ERR_RETRYABLE) != 0 && !context_.job().stopping();
    const int64_t wait = retry ? part.backoff.next_us() : -1;
    if (wait < 0) return fail(part, error);
    context_.job().log().warn("{}: {}; trying again in {} ms", step_name(context_.step()),
                              error.message, wait / 1000);
    part.again_us = context_.now_us() + wait;
    return true;
  }
  return true;
}

bool SinkNode::write(Part& part, const sh_batch& batch) {
  uint32_t taken = 0;
  const bool behind = !part.pending.empty();
  if (!behind && !offer(part, batch.records, batch.count, batch.arena, &taken)) return false;
  if (taken == batch.count) return true;
  if (!behind) {
    ++blocked_;
    context_.job().hub().in_flight.fetch_add(1, std::memory_order_seq_cst);
  }
  part.pending.insert(part.pending.end(), batch.records + taken, batch.records + batch.count);
  part.arenas.push_back(ArenaRef::share(batch.arena));
  return true;
}

bool SinkNode::retry(int64_t now_us, bool* progress) {
  if (blocked_ == 0) return true;
  const bool woken = context_.wake_target().woken.exchange(false, std::memory_order_seq_cst);
  for (Part& part : parts_) {
    if (part.pending.empty() || (now_us < part.again_us && !woken)) continue;
    const auto count = static_cast<uint32_t>(part.pending.size() - part.pending_at);
    // All arenas of the pending records are held by the part itself.
    const ArenaRef group = [&] {
      std::vector<sh_arena*> members;
      for (const ArenaRef& a : part.arenas) members.push_back(a.get());
      return make_group(members.data(), members.size());
    }();
    uint32_t taken = 0;
    if (!offer(part, part.pending.data() + part.pending_at, count, group.get(), &taken)) {
      return false;
    }
    if (taken != 0) *progress = true;
    part.pending_at += taken;
    if (part.pending_at != part.pending.size()) continue;
    part.pending.clear();
    part.pending_at = 0;
    part.arenas.clear();
    --blocked_;
    context_.job().hub().landed();
  }
  return blocked_ != 0 || !ended_ || context_.out().end(drained());
}

int64_t SinkNode::next_retry_us() const {
  int64_t next = INT64_MAX;
  for (const Part& part : parts_) {
    if (!part.pending.empty()) next = std::min(next, part.again_us);
  }
  return next;
}

bool SinkNode::flush() {
  if (!dirty_ || sink_.flush == nullptr) return true;
  dirty_ = false;
  const CrashScope scope(context_.label());
  for (Part& part : parts_) {
    sh_error error = fresh_error();
    if (sink_.flush(part.part, &error) < 0) return fail(part, error);
  }
  return true;
}

bool SinkNode::end(bool drained) {
  if (!last_end(drained)) return true;
  ended_ = true;
  // Its errors port ends with it; what is still pending may yet be rejected.
  return blocked_ != 0 || context_.out().end(this->drained());
}

bool SinkNode::prepare(uint64_t epoch) {
  if (!flush()) return false;
  const CrashScope scope(context_.label());
  for (Part& part : parts_) {
    BufferWriter writer;
    sh_error error = fresh_error();
    if (sink_.prepare != nullptr && sink_.prepare(part.part, epoch, &writer, &error) < 0) {
      return fail(part, error);
    }
    part.handle = std::move(writer.bytes());
    part.prepared = true;
  }
  return true;
}

bool SinkNode::commit(uint64_t epoch) {
  const CrashScope scope(context_.label());
  for (Part& part : parts_) {
    sh_error error = fresh_error();
    part.prepared = false;
    if (sink_.commit != nullptr &&
        sink_.commit(part.part, epoch, bytes_of(part.handle), &error) < 0) {
      return fail(part, error);
    }
  }
  return true;
}

void SinkNode::abort() {
  const CrashScope scope(context_.label());
  for (Part& part : parts_) {
    if (!part.prepared || sink_.abort == nullptr) continue;
    sh_error error = fresh_error();
    if (sink_.abort(self_, bytes_of(part.handle), &error) < 0) {
      context_.job().log().warn("{}: giving up its output: {}", step_name(context_.step()),
                                error.message);
    }
    part.prepared = false;
  }
}

}  // namespace streamhost
