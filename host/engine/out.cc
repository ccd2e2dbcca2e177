#include "engine/out.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace streamhost {
namespace {

constexpr size_t kChunk = size_t{256} << 10;

}  // namespace

Out::Out(Job& job, uint32_t ports) : job_(job), ports_(ports + 1) {}

void Out::connect(uint32_t port, Target target) {
  target.arrow = &target.receiver->add_arrow();
  ports_[port == kErrorsPort ? errors_port() : port].targets.push_back(target);
}

void Out::add_gates(std::vector<const Gate*>& gates) const {
  for (const Port& port : ports_) {
    for (const Target& target : port.targets) {
      if (!target.receiver->single()) gates.push_back(target.arrow);
      target.receiver->add_gates(gates);
    }
  }
}

void Out::rewind(Bump& bump) {
  bump.attached = false;
  if (!bump.chunk) return;
  if (!is_shared(bump.chunk.get())) {
    bump.used = 0;
  } else if (bump.used > ArenaPool::capacity(bump.chunk.get()) / 2) {
    bump.chunk = ArenaRef();
    bump.used = 0;
  }
}

void Out::begin(const sh_batch* input) {
  input_ = input;
  open_port_ = UINT32_MAX;
  caller_ = std::this_thread::get_id();
  rewind(bytes_);
  rewind(error_bytes_);
  if (input != nullptr && input->arena != nullptr) hold(input->arena);
}

bool Out::finish() {
  for (Port& port : ports_) {
    if (port.count != 0) deliver(port);
  }
  group_ = ArenaRef();
  held_.clear();
  input_ = nullptr;
  return ok_;
}

bool Out::end(bool drained) {
  // What was rejected outside of a call that ends with finish().
  if (!finish()) return false;
  // Unless it goes on in a later run, time ends with the input.
  const bool goes_on = drained && job_.snapshots() != nullptr;
  if (!goes_on && !watermark(kEndOfTime)) return false;
  for (Port& port : ports_) {
    for (const Target& target : port.targets) {
      if (ok_ && !target.receiver->end(drained)) ok_ = false;
    }
  }
  return ok_;
}

bool Out::watermark(int64_t us) {
  for (Port& port : ports_) {
    for (const Target& target : port.targets) {
      if (ok_ && !target.receiver->watermark(*target.arrow, us)) ok_ = false;
    }
  }
  return ok_;
}

bool Out::barrier(uint64_t epoch) {
  if (!finish()) return false;
  for (Port& port : ports_) {
    for (const Target& target : port.targets) {
      if (ok_ && !target.receiver->barrier(*target.arrow, epoch)) ok_ = false;
    }
  }
  return ok_;
}

void Out::hold(sh_arena* arena) {
  for (const ArenaRef& have : held_) {
    if (have.get() == arena) return;
  }
  held_.push_back(ArenaRef::share(arena));
  group_ = ArenaRef();
}

sh_arena* Out::arena() {
  if (held_.empty()) return nullptr;
  if (held_.size() == 1) return held_[0].get();
  if (!group_) {
    std::vector<sh_arena*> members;
    for (const ArenaRef& ref : held_) members.push_back(ref.get());
    group_ = make_group(members.data(), members.size());
  }
  return group_.get();
}

bool Out::hand_on(Port& port, const sh_record* records, uint32_t count) {
  if (&port != &ports_.back()) {
    records_ += count;
    for (uint32_t i = 0; tracks_time_ && i < count; ++i) {
      largest_time_ = std::max(largest_time_, records[i].event_time_us);
    }
  }
  sh_batch batch{};
  batch.struct_size = sizeof(batch);
  batch.count = count;
  batch.records = records;
  batch.arena = port.targets.empty() ? nullptr : arena();
  for (const Target& target : port.targets) {
    batch.port = target.port;
    if (!target.receiver->receive(batch)) return ok_ = false;
  }
  return true;
}

sh_status Out::deliver(Port& port) {
  const uint32_t count = std::exchange(port.count, 0);
  if (!ok_ || (count != 0 && !hand_on(port, port.records.get(), count))) return SH_E_STOPPED;
  return SH_OK;
}

void Out::make_room(Port& port, uint32_t records) {
  if (port.capacity - port.count >= records && port.capacity != 0) return;
  if (port.count != 0) deliver(port);
  const uint32_t wanted = std::max(records, job_.flow().run.batch_size);
  if (port.capacity < wanted) {
    port.records = std::make_unique_for_overwrite<sh_record[]>(wanted);
    port.capacity = wanted;
  }
}

uint8_t* Out::take_bytes(Bump& bump, uint64_t bytes) {
  if (!bump.chunk || ArenaPool::capacity(bump.chunk.get()) - bump.used < bytes) {
    bump.chunk = ArenaRef::adopt(job_.hub().arenas.chunk(std::max<size_t>(bytes, kChunk)));
    bump.used = 0;
    bump.attached = false;
    if (!bump.chunk) return nullptr;
  }
  return ArenaPool::bytes(bump.chunk.get()) + bump.used;
}

bool Out::on_right_thread() {
#ifndef NDEBUG
  if (std::this_thread::get_id() != caller_) {
    return job_.fail(
        Status::failed("a plugin put records out from another thread than the one its call runs "
                       "on; see the thread "
                       "tags in the SDK's host.h"));
  }
#endif
  return true;
}

template <class Body>
sh_status Out::guarded(Body&& body) {
  if (!on_right_thread()) return SH_E_STOPPED;
  try {
    return body();
  } catch (const std::bad_alloc&) {
    // Not through the plugin's frames: it might not be C++.
    job_.fail(Status::failed("out of memory"));
    ok_ = false;
    return SH_E_STOPPED;
  }
}

sh_status Out::reserve(uint32_t port, uint32_t records, uint64_t bytes, sh_span* span) {
  if (port + 1 >= ports_.size()) return SH_E_INTERNAL;
  return guarded([&]() -> sh_status {
    Port& p = ports_[port];
    make_room(p, records);
    if (!ok_) return SH_E_STOPPED;
    *span = sh_span{};
    span->records = p.records.get() + p.count;
    span->record_room = p.capacity - p.count;
    if (bytes != 0) {
      span->bytes = take_bytes(bytes_, bytes);
      if (span->bytes == nullptr) return SH_E_UNAVAILABLE;
      span->byte_room = ArenaPool::capacity(bytes_.chunk.get()) - bytes_.used;
      // From here on, so that a batch that leaves early keeps these bytes as well.
      if (!std::exchange(bytes_.attached, true)) hold(bytes_.chunk.get());
    }
    open_port_ = port;
    return SH_OK;
  });
}

sh_status Out::commit(uint32_t port, uint32_t records, uint64_t bytes) {
  if (port != open_port_) return SH_E_INTERNAL;
  open_port_ = UINT32_MAX;
  Port& p = ports_[port];
  if (records > p.capacity - p.count) return SH_E_INTERNAL;
  if (bytes != 0) {
    if (!bytes_.chunk || bytes > ArenaPool::capacity(bytes_.chunk.get()) - bytes_.used) {
      return SH_E_INTERNAL;
    }
    bytes_.used += bytes;
  }
  p.count += records;
  if (p.count == p.capacity && p.count != 0) return guarded([&] { return deliver(p); });
  return outcome();
}

sh_status Out::forward(uint32_t port, const sh_record* records, uint32_t count) {
  if (port + 1 >= ports_.size()) return SH_E_INTERNAL;
  open_port_ = UINT32_MAX;
  return guarded([&]() -> sh_status {
    Port& p = ports_[port];
    const bool whole = input_ != nullptr && records == input_->records && count == input_->count;
    if (whole && p.count == 0) {
      if (ok_) hand_on(p, records, count);
      return outcome();
    }
    for (uint32_t left = count; left != 0;) {
      make_room(p, 1);
      if (!ok_) return SH_E_STOPPED;
      const uint32_t some = std::min(left, p.capacity - p.count);
      std::memcpy(p.records.get() + p.count, records + (count - left), some * sizeof(sh_record));
      p.count += some;
      left -= some;
    }
    return outcome();
  });
}

sh_status Out::attach(sh_arena* arena) {
  return guarded([&]() -> sh_status {
    if (arena != nullptr) hold(arena);
    return SH_OK;
  });
}

sh_status Out::adopt(uint32_t port, const sh_record* records, uint32_t count, sh_external memory) {
  const sh_status held = guarded([&]() -> sh_status {
    held_.push_back(job_.hub().arenas.external(memory));
    group_ = ArenaRef();
    return SH_OK;
  });
  return held < 0 ? held : forward(port, records, count);
}

bool Out::push_error(const sh_record& record, std::string_view json) {
  Port& p = ports_.back();
  make_room(p, 1);
  uint8_t* to = take_bytes(error_bytes_, json.size() + 1);
  if (to == nullptr) return job_.fail(Status::failed("out of memory"));
  if (!std::exchange(error_bytes_.attached, true)) hold(error_bytes_.chunk.get());
  std::memcpy(to, json.data(), json.size());
  error_bytes_.used += json.size();
  sh_record& r = p.records[p.count++];
  r = sh_record{};
  r.key_len = SH_ABSENT;
  r.value = to;
  r.value_len = static_cast<uint32_t>(json.size());
  r.event_time_us = record.event_time_us;
  return ok_;
}

}  // namespace streamhost
