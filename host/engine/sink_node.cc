#include "engine/sink_node.h"

#include <algorithm>

#include "base/crash_guard.h"
#include "base/key_hash.h"

namespace streamhost {
namespace {

// Rows of sinks without partitions are named for the worker.
const std::string kWorkerPrefix = "#";

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

std::string SinkNode::row_key(const Part& part) const {
  return layout_.dynamic() ? kWorkerPrefix + std::to_string(context_.worker()) : part.name;
}

// Whether this worker deals with what an earlier run left under this key: with what a worker of its
// number wrote, which was on this machine if the cluster is as it was; and with its partitions'.
// What has no owner any more is worker 0's.
bool SinkNode::is_mine(const std::string& row_key) const {
  uint32_t owner = 0;
  if (layout_.dynamic()) {
    if (row_key.starts_with(kWorkerPrefix)) {
      const auto worker = std::strtoull(row_key.c_str() + kWorkerPrefix.size(), nullptr, 10);
      if (worker < context_.job().workers()) owner = static_cast<uint32_t>(worker);
    }
  } else {
    for (uint32_t p = 0; p < layout_.names.size(); ++p) {
      if (layout_.names[p] == row_key) owner = layout_.owners[p];
    }
  }
  return owner == context_.worker();
}

bool SinkNode::abort_past(Snapshots& snapshots, uint32_t step) {
  snapshots_ = &snapshots;
  step_ = step;
  if (sink_.abort == nullptr) return true;
  const CrashScope scope(context_.label());
  for (const auto& [key, unfinished] : snapshots.unfinished(step)) {
    if (!is_mine(key)) continue;
    sh_error error = fresh_error();
    if (sink_.abort(self_, bytes_of(unfinished.handle), &error) < 0) {
      return context_.fail("giving up the output of an epoch that was cut off", error);
    }
  }
  return true;
}

bool SinkNode::commit_past(const Wait& wait) {
  if (sink_.commit == nullptr) return true;
  const CrashScope scope(context_.label());
  struct Past {
    std::string key;
    uint64_t epoch;
    Part part;
  };
  std::deque<Past> left;
  for (const auto& [key, handle] : snapshots_->handles(step_)) {
    if (!is_mine(key)) continue;
    Past& past = left.emplace_back();
    past.key = key;
    past.epoch = handle.epoch;
    past.part.name = layout_.dynamic() ? "" : key;
    past.part.handle = handle.handle;
  }
  // In rounds: what the sink has to do for one may need what it has to do for another.
  for (bool woken = false; !left.empty();) {
    int64_t until_us = INT64_MAX;
    for (auto it = left.begin(); it != left.end();) {
      const int64_t now_us = context_.now_us();
      Answer answer = Answer::kLater;
      if (woken || it->part.settle_us <= now_us) {
        answer = commit_part(it->part, it->epoch, now_us);
      }
      if (answer == Answer::kFailed || context_.job().stopping()) return false;
      if (answer == Answer::kLater) {
        until_us = std::min(until_us, it->part.settle_us);
        ++it;
        continue;
      }
      context_.job().crash().pass("recommitted");
      // Without partitions the workers of this run write rows of their own.
      if (layout_.dynamic()) settled_.push_back(it->key);
      it = left.erase(it);
    }
    if (left.empty()) break;
    woken = context_.wake_target().woken.exchange(false, std::memory_order_seq_cst);
    if (!woken) {
      wait(until_us);
      woken = context_.wake_target().woken.exchange(false, std::memory_order_seq_cst);
    }
  }
  return true;
}

bool SinkNode::open() {
  const CrashScope scope(context_.label());
  for (Part& part : parts_) {
    sh_error error = fresh_error();
    sh_bytes resume{};
    const SinkHandle* past = nullptr;
    if (snapshots_ != nullptr && !layout_.dynamic()) {
      const auto& handles = snapshots_->handles(step_);
      const auto it = handles.find(part.name);
      if (it != handles.end()) past = &it->second;
    }
    if (past != nullptr) {
      resume = bytes_of(past->handle);
      part.handle = past->handle;
      part.stored = true;
    }
    if (sink_.open(self_, bytes_of(part.name), past == nullptr ? nullptr : &resume, &part.part,
                   &error) < 0) {
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

bool SinkNode::go_on(int64_t now_us, bool* progress) {
  if (blocked_ == 0 && preparing_ == 0 && committing_ == 0) return true;
  const bool woken = context_.wake_target().woken.exchange(false, std::memory_order_seq_cst);
  return (blocked_ == 0 || go_on_writing(now_us, woken, progress)) &&
         (preparing_ == 0 || go_on_preparing(now_us, woken, progress)) &&
         (committing_ == 0 || go_on_committing(now_us, woken, progress));
}

bool SinkNode::go_on_writing(int64_t now_us, bool woken, bool* progress) {
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
  // An end that came after the barrier goes behind it.
  return (preparing_ != 0 && !end_first_) || pass_end();
}

// Ends the errors port, once nothing is pending that may yet be rejected.
bool SinkNode::pass_end() {
  if (!ended_ || end_passed_ || blocked_ != 0) return true;
  end_passed_ = true;
  return context_.out().end(drained());
}

int64_t SinkNode::next_us() const {
  int64_t next = INT64_MAX;
  for (const Part& part : parts_) {
    if (!part.pending.empty()) next = std::min(next, part.again_us);
    const bool asks = blocked_ == 0 && preparing_ != 0 && !part.prepared;
    if (asks || (committing_ != 0 && part.prepared)) next = std::min(next, part.settle_us);
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
  return preparing_ != 0 || pass_end();
}

bool SinkNode::aligned(uint64_t epoch) {
  preparing_ = epoch;
  end_first_ = ended_;
  for (Part& part : parts_) part.settle_us = 0;
  // Nothing waits for the sink in the common case; the rest is go_on()'s.
  bool progress = false;
  return blocked_ != 0 || go_on_preparing(context_.now_us(), false, &progress);
}

template <class Call>
SinkNode::Answer SinkNode::ask(Part& part, int64_t now_us, Call&& call) {
  sh_error error = fresh_error();
  part.settle_us = INT64_MAX;
  const sh_status status = call(&part.settle_us, &error);
  if (status == SH_AGAIN) return Answer::kLater;
  if (status >= 0) {
    part.settle_backoff.succeeded();
    part.settle_us = 0;
    return Answer::kDone;
  }
  const bool retry = (error.flags & SH_ERR_RETRYABLE) != 0 && !context_.job().stopping();
  const int64_t pause = retry ? part.settle_backoff.next_us() : -1;
  if (pause < 0) {
    fail(part, error);
    return Answer::kFailed;
  }
  context_.job().log().warn("{}: {}; trying again in {} ms", step_name(context_.step()),
                            error.message, pause / 1000);
  part.settle_us = now_us + pause;
  return Answer::kLater;
}

bool SinkNode::go_on_preparing(int64_t now_us, bool woken, bool* progress) {
  if (blocked_ != 0) return true;
  if (!flush()) return false;
  const CrashScope scope(context_.label());
  bool all = true;
  recovery::RowBlock rows;
  for (Part& part : parts_) {
    if (part.prepared) continue;
    if (now_us < part.settle_us && !woken) {
      all = false;
      continue;
    }
    BufferWriter writer;
    const Answer answer = ask(part, now_us, [&](int64_t* again_us, sh_error* error) -> sh_status {
      if (sink_.prepare == nullptr) return SH_OK;
      return sink_.prepare(part.part, preparing_, &writer, again_us, error);
    });
    if (answer == Answer::kFailed) return false;
    if (answer == Answer::kLater) {
      all = false;
      continue;
    }
    *progress = true;
    part.prepared = true;
    context_.job().crash().pass("prepared");
    if (sink_.prepare == nullptr) continue;
    // A position that is where it was needs no row; a handle belongs to its epoch.
    const bool same = part.stored && sink_.commit == nullptr && part.handle == writer.bytes();
    part.handle = std::move(writer.bytes());
    if (snapshots_ != nullptr && !same) {
      rows.put(row_key(part), 0, encode_handle(preparing_, part.handle));
      part.stored = true;
    }
  }
  if (snapshots_ != nullptr && all) {
    for (const std::string& key : std::exchange(settled_, {})) {
      if (!layout_.dynamic() || key != row_key(parts_[0])) rows.erase(key);
    }
  }
  if (!rows.empty()) snapshots_->add(step_, std::move(rows));
  if (!all) return true;
  prepared_ = std::exchange(preparing_, 0);
  context_.set_epoch(prepared_ + 1);
  return context_.out().barrier(prepared_) && pass_end();
}

SinkNode::Answer SinkNode::commit_part(Part& part, uint64_t epoch, int64_t now_us) {
  return ask(part, now_us, [&](int64_t* again_us, sh_error* error) -> sh_status {
    if (sink_.commit == nullptr) return SH_OK;
    return sink_.commit(self_, epoch, bytes_of(part.handle), again_us, error);
  });
}

bool SinkNode::go_on_committing(int64_t now_us, bool woken, bool* progress) {
  const CrashScope scope(context_.label());
  bool all = true;
  for (Part& part : parts_) {
    if (!part.prepared) continue;
    if (now_us < part.settle_us && !woken) {
      all = false;
      continue;
    }
    const Answer answer = commit_part(part, committing_, now_us);
    if (answer == Answer::kFailed) return false;
    if (answer == Answer::kLater) {
      all = false;
      continue;
    }
    *progress = true;
    part.prepared = false;
    if (sink_.commit != nullptr) context_.job().crash().pass("part_committed");
  }
  if (all) committing_ = 0;
  return true;
}

void SinkNode::finish_commit(const Wait& wait) {
  const CrashScope scope(context_.label());
  for (Part& part : parts_) {
    while (part.prepared) {
      const Answer answer = commit_part(part, prepared_, context_.now_us());
      if (answer != Answer::kLater) {
        part.prepared = false;
      } else if (!context_.wake_target().woken.exchange(false, std::memory_order_seq_cst)) {
        wait(part.settle_us);
      }
    }
  }
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
