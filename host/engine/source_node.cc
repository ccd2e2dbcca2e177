#include "engine/source_node.h"

#include <algorithm>

#include "base/crash_guard.h"
#include "base/key_hash.h"

namespace streamhost {
namespace {

// A poll asks for this part of a batch: records usually become more on their way (lines become
// words), and what one poll sets off should stay in the caches and not flood a lane.
constexpr uint32_t kPollShare = 4;

}  // namespace

SourceNode::~SourceNode() {
  for (Partition& p : partitions_) close(p);
}

void SourceNode::close(Partition& p) {
  if (p.part == nullptr) return;
  const CrashScope scope(context_.label());
  const sh_source& source = *context_.step().component.raw->source;
  if (source.progress != nullptr) {
    sh_progress progress{};
    progress.struct_size = sizeof(progress);
    progress.total = UINT64_MAX;
    if (source.progress(p.part, &progress) >= 0 && progress.unit == SH_UNIT_BYTES) {
      p.done = p.total = progress.done;
    }
  }
  source.close(std::exchange(p.part, nullptr));
}

bool SourceNode::open(const std::vector<std::vector<std::string>>& partitions, Snapshots* snapshots,
                      uint32_t step) {
  snapshots_ = snapshots;
  step_ = step;
  planned_ = &partitions;
  may_grow_ = ask_growth_ = context_.step().component.raw->source->added != nullptr;
  to_come_.name = context_.step().id + "/";
  to_come_.to_come = true;
  to_come_.ended = !may_grow_;
  context_.out().add_gates(gates_);
  std::sort(gates_.begin(), gates_.end());
  gates_.erase(std::unique(gates_.begin(), gates_.end()), gates_.end());
  const CrashScope scope(context_.label());
  for (const std::string& name : partitions[context_.worker()]) {
    const std::string* position = snapshots == nullptr ? nullptr : snapshots->position(step, name);
    if (!open_partition(name, position)) return false;
  }
  if (may_grow_ && snapshots != nullptr) {
    // What is there again later is taken up where it was left.
    std::vector<std::string> named;
    for (const auto& share : partitions) named.insert(named.end(), share.begin(), share.end());
    for (const std::string& name : snapshots->partitions_besides(step, named)) {
      unclaimed_[name] = *snapshots->position(step, name);
    }
  }
  std::vector<Origin*> origins;
  add_origins(origins);
  time_.open(std::move(origins), step);
  tell_alignment();
  return true;
}

bool SourceNode::open_partition(const std::string& name, const std::string* position) {
  Partition p;
  p.name = name;
  p.origin->name = context_.step().id + "/" + name;
  sh_error error = fresh_error();
  const sh_bytes bytes{reinterpret_cast<const uint8_t*>(name.data()), name.size()};
  sh_bytes resume{};
  if (position != nullptr) {
    p.position = *position;
    resume = {reinterpret_cast<const uint8_t*>(position->data()), position->size()};
  }
  const sh_status status = context_.step().component.raw->source->open(
      self_, bytes, position == nullptr ? nullptr : &resume, &p.part, &error);
  if (status < 0) return context_.fail("partition \"" + name + "\"", error);
  partitions_.push_back(std::move(p));
  return true;
}

void SourceNode::add_origins(std::vector<Origin*>& origins) {
  for (const Partition& p : partitions_) origins.push_back(p.origin.get());
  if (may_grow_) origins.push_back(&to_come_);
}

bool SourceNode::is_known(const std::string& name) {
  if (known_.empty()) {
    for (const auto& share : *planned_) known_.insert(share.begin(), share.end());
  }
  return !known_.insert(name).second;
}

bool SourceNode::grow() {
  ask_growth_ = false;
  const CrashScope scope(context_.label());
  NamesWriter names;
  sh_error error = fresh_error();
  const sh_status status = context_.step().component.raw->source->added(self_, &names, &error);
  if (status < 0) return context_.fail("partitions that came up", error);
  for (const std::string& name : names.names()) {
    if (is_known(name)) continue;
    const uint64_t hash = key_hash(reinterpret_cast<const uint8_t*>(name.data()), name.size());
    if (owner_of(hash, context_.job().workers()) != context_.worker()) continue;
    const auto unclaimed = unclaimed_.find(name);
    if (!open_partition(name, unclaimed == unclaimed_.end() ? nullptr : &unclaimed->second)) {
      return false;
    }
    Origin* origin = partitions_.back().origin.get();
    time_.add(origin);
    new_origins_.push_back(origin);
    context_.job().log().info("{}: partition \"{}\" came up, and is read by worker {}",
                              step_name(context_.step()), name, context_.worker());
  }
  if (status == SH_END) {
    may_grow_ = false;
    to_come_.ended = true;
  }
  return true;
}

bool SourceNode::start() {
  bool progress = false;
  return time_.advance(context_.job().now_us(), &progress) && end_when_done(false);
}

// How far the slowest partition is that has records to give.
void SourceNode::tell_alignment() {
  if (place_.alignment == nullptr) return;
  int64_t least = INT64_MAX;
  for (const Partition& p : partitions_) {
    if (p.ended || p.waiting) continue;
    if (!p.polled) {
      least = kNoWatermark;
    } else if (p.origin->time_us != kNoWatermark) {
      least = std::min(least, p.origin->time_us);
    }
  }
  place_.alignment->reached(place_.source, context_.worker(), least);
}

bool SourceNode::blocked() const { return any_blocked(gates_); }

bool SourceNode::run(int64_t now_us, bool* progress) {
  // Whoever is woken is polled, now or as soon as there is room: no wake is lost meanwhile.
  if (context_.wake_target().woken.exchange(false, std::memory_order_seq_cst)) {
    for (Partition& p : partitions_) {
      if (p.backoff.tries() == 0) p.waiting = false;
    }
    ask_growth_ = may_grow_;
  }
  if (ask_growth_) {
    if (!grow()) return false;
    if (!new_origins_.empty()) {
      *progress = true;
      return true;
    }
  }
  if (blocked()) {
    // One that is not asked is not idle.
    for (Partition& p : partitions_) p.origin->quiet_since_us = INT64_MAX;
    return true;
  }
  bool polled = false;
  int64_t until_us = INT64_MAX;
  // One poll at a time, so that what it sent to other workers is seen to before the next.
  for (size_t i = 0; i < partitions_.size(); ++i) {
    Partition& p = partitions_[next_];
    if (++next_ == partitions_.size()) next_ = 0;
    if (p.ended || (p.waiting && now_us < p.again_us)) continue;
    p.waiting = false;
    if (place_.alignment != nullptr &&
        p.pace.ahead(*place_.alignment, p.origin->time_us, &until_us)) {
      p.origin->quiet_since_us = INT64_MAX;
      continue;
    }
    if (!poll(p, now_us)) return false;
    tell_alignment();
    // One that only said "not yet" is no progress, or the worker would never rest.
    polled = !p.waiting;
    if (polled) break;
  }
  *progress |= polled;
  if (polled) until_us = INT64_MAX;
  if (held_ || until_us != INT64_MAX) {
    held_ = until_us != INT64_MAX;
    *progress |= !place_.alignment->wait_for(place_.source, context_.worker(), until_us);
  }
  return end_when_done(false);
}

bool SourceNode::poll(Partition& p, int64_t now_us) {
  const CrashScope scope(context_.label());
  Out& out = context_.out();
  out.begin(nullptr);
  context_.job().scope(context_.worker()).origin = p.origin.get();
  const uint64_t records_before = out.records();
  sh_error error = fresh_error();
  int64_t again_us = INT64_MAX;
  const uint32_t budget = std::max(1u, context_.job().flow().run.batch_size / kPollShare);
  const sh_status status =
      context_.step().component.raw->source->poll(p.part, &out, budget, &again_us, &error);
  if (!out.finish() || !time_.put_out(p.origin.get())) return false;
  p.polled = true;
  p.pace.put_out(out.records() - records_before);
  if (out.records() != records_before) {
    p.origin->quiet_since_us = INT64_MAX;
  } else if (status == SH_AGAIN && p.origin->quiet_since_us == INT64_MAX) {
    p.origin->quiet_since_us = now_us;
  }
  if (status < 0) {
    const int64_t wait = (error.flags & SH_ERR_RETRYABLE) != 0 && !context_.job().stopping()
                             ? p.backoff.next_us()
                             : -1;
    if (wait < 0) return context_.fail("partition \"" + p.name + "\"", error);
    context_.job().log().warn("{}: partition \"{}\": {}; trying again in {} ms",
                              step_name(context_.step()), p.name, error.message, wait / 1000);
    p.waiting = true;
    p.again_us = now_us + wait;
    return true;
  }
  p.backoff.succeeded();
  if (status == SH_AGAIN) {
    p.waiting = true;
    p.again_us = again_us;
  } else if (status == SH_END) {
    finish(p);
  }
  return true;
}

// Nothing more comes from a partition. It stays open until the snapshot that has its last position
// is durable.
void SourceNode::finish(Partition& p) {
  p.ended = p.origin->ended = true;
  if (snapshots_ == nullptr) close(p);
}

bool SourceNode::note_position(Partition& p, recovery::RowBlock& rows) {
  const sh_source& source = *context_.step().component.raw->source;
  if (source.snapshot == nullptr || p.part == nullptr || p.final_epoch != 0) return true;
  BufferWriter writer;
  sh_error error = fresh_error();
  if (source.snapshot(p.part, &writer, &error) < 0) {
    return context_.fail("position of partition \"" + p.name + "\"", error);
  }
  if (p.position == writer.bytes()) return true;
  rows.put(p.name, 0, writer.bytes());
  p.position = std::move(writer.bytes());
  return true;
}

bool SourceNode::barrier(uint64_t epoch) {
  if (snapshots_ != nullptr) {
    const CrashScope scope(context_.label());
    recovery::RowBlock rows;
    for (Partition& p : partitions_) {
      if (!note_position(p, rows)) return false;
      if (p.ended && p.final_epoch == 0) p.final_epoch = epoch;
    }
    time_.add_rows(rows);
    if (!rows.empty()) snapshots_->add(step_, std::move(rows));
  }
  context_.set_epoch(epoch + 1);
  return context_.out().barrier(epoch);
}

void SourceNode::durable(uint64_t epoch) {
  const CrashScope scope(context_.label());
  const sh_source& source = *context_.step().component.raw->source;
  for (Partition& p : partitions_) {
    if (p.part == nullptr) continue;
    if (source.committed != nullptr) source.committed(p.part, epoch);
    if (p.final_epoch != 0 && p.final_epoch <= epoch) close(p);
  }
}

int64_t SourceNode::next_poll_us() const {
  int64_t next = INT64_MAX;
  for (const Partition& p : partitions_) {
    if (!p.ended && p.waiting) next = std::min(next, p.again_us);
  }
  return next;
}

bool SourceNode::end_when_done(bool drained) {
  if (ended_ || may_grow_ ||
      !std::all_of(partitions_.begin(), partitions_.end(),
                   [](const Partition& p) { return p.ended; })) {
    return true;
  }
  ended_ = true;
  if (!drained && !time_.end()) return false;
  return context_.out().end(drained);
}

bool SourceNode::drain() {
  for (Partition& p : partitions_) {
    if (!p.ended) finish(p);
    // Time does not end with it: there is more in a later run.
    p.origin->ended = false;
    p.origin->quiet_since_us = INT64_MAX;
  }
  may_grow_ = false;
  tell_alignment();
  return end_when_done(true);
}

void SourceNode::add_progress(uint64_t* records, uint64_t* done, uint64_t* total) const {
  const CrashScope scope(context_.label());
  const sh_source& source = *context_.step().component.raw->source;
  *records += context_.out().records();
  for (const Partition& p : partitions_) {
    sh_progress progress{};
    progress.struct_size = sizeof(progress);
    progress.total = UINT64_MAX;
    if (p.part == nullptr) {
      progress.done = p.done;
      progress.total = p.total;
      progress.unit = SH_UNIT_BYTES;
    } else if (source.progress == nullptr || source.progress(p.part, &progress) < 0) {
      progress.total = UINT64_MAX;
    }
    if (progress.unit == SH_UNIT_BYTES) *done += progress.done;
    const bool unknown = progress.unit != SH_UNIT_BYTES || progress.total == UINT64_MAX;
    *total = unknown || *total == UINT64_MAX ? UINT64_MAX : *total + progress.total;
  }
}

}  // namespace streamhost
