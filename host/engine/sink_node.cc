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
    if (!part.pending.empty()) {
      part.pending.clear();
      context_.job().hub().landed();
    }
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
    const uint32_t local = local_[routed_[i]];
    if (local == UINT32_MAX) [[unlikely]] {
      return context_.job().fail(context_.step(),
                                 "the plugin's route() answers differently when it is asked again");
    }
    sorted_[local].push_back(batch.records[i]);
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
    uint32_t written = 0;
    int64_t again_us = INT64_MAX;
    // Records that the sink rejects leave by its errors port.
    context_.out().begin(nullptr);
    const sh_status status = sink_.write(part.part, &batch, &written, &again_us, &error);
    if (!context_.out().finish()) return false;
    if (status >= 0) {
      part.backoff.succeeded();
      *taken += status == SH_AGAIN ? std::min(written, batch.count) : batch.count;
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
  part.pending.push_back(
      {{batch.records + taken, batch.records + batch.count}, 0, ArenaRef::share(batch.arena)});
  return true;
}

bool SinkNode::retry(int64_t now_us, bool* progress) {
  if (blocked_ == 0) return true;
  const bool woken = context_.wake_target().woken.exchange(false, std::memory_order_seq_cst);
  for (Part& part : parts_) {
    if (part.pending.empty() || (now_us < part.again_us && !woken)) continue;
    Segment& segment = part.pending.front();
    const auto left = static_cast<uint32_t>(segment.records.size()) - segment.taken;
    uint32_t taken = 0;
    if (!offer(part, segment.records.data() + segment.taken, left, segment.arena.get(), &taken)) {
      return false;
    }
    if (taken != 0) *progress = dirty_ = true;
    segment.taken += taken;
    if (taken != left) continue;
    part.pending.pop_front();
    part.again_us = 0;  // the next segment may be offered at once
    if (!part.pending.empty()) continue;
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

template <class Call>
bool SinkNode::settle(Part& part, const Wait& wait, Call&& call) {
  part.backoff.succeeded();
  for (;;) {
    sh_error error = fresh_error();
    int64_t again_us = INT64_MAX;
    const sh_status status = call(&again_us, &error);
    if (status >= 0 && status != SH_AGAIN) return true;
    if (status < 0) {
      const bool retry = (error.flags & SH_ERR_RETRYABLE) != 0 && !context_.job().stopping();
      const int64_t pause = retry ? part.backoff.next_us() : -1;
      if (pause < 0) return fail(part, error);
      context_.job().log().warn("{}: {}; trying again in {} ms", step_name(context_.step()),
                                error.message, pause / 1000);
      again_us = context_.now_us() + pause;
    }
    if (context_.job().stopping() && !context_.job().all_prepared()) return false;
    if (!context_.wake_target().woken.exchange(false, std::memory_order_seq_cst)) wait(again_us);
  }
}

bool SinkNode::prepare(uint64_t epoch, const Wait& wait) {
  if (!flush()) return false;
  const CrashScope scope(context_.label());
  for (Part& part : parts_) {
    BufferWriter writer;
    const bool ok = settle(part, wait, [&](int64_t* again_us, sh_error* error) -> sh_status {
      if (sink_.prepare == nullptr) return SH_OK;
      return sink_.prepare(part.part, epoch, &writer, again_us, error);
    });
    if (!ok) return false;
    part.handle = std::move(writer.bytes());
    part.prepared = true;
  }
  return true;
}

bool SinkNode::commit(uint64_t epoch, const Wait& wait) {
  const CrashScope scope(context_.label());
  bool all = true;
  for (Part& part : parts_) {
    part.prepared = false;
    all &= settle(part, wait, [&](int64_t* again_us, sh_error* error) -> sh_status {
      if (sink_.commit == nullptr) return SH_OK;
      return sink_.commit(self_, epoch, bytes_of(part.handle), again_us, error);
    });
  }
  return all;
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
