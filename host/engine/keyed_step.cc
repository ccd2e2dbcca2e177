#include "engine/keyed_step.h"

#include <algorithm>
#include <cstring>

#include "base/crash_guard.h"
#include "engine/operator_node.h"

namespace streamhost {
namespace {

constexpr uint32_t kLot = 256;  // keys or timers in one call

// Zeroed memory for one state that belongs to no table.
class Scratch {
 public:
  Scratch(uint32_t size, uint32_t align)
      : align_(std::align_val_t{std::max<size_t>(align, 16)}),
        memory_(::operator new(size, align_)) {
    std::memset(memory_, 0, size);
  }
  ~Scratch() { ::operator delete(memory_, align_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  void* get() const { return memory_; }

 private:
  std::align_val_t align_;
  void* memory_;
};

}  // namespace

KeyedStep::KeyedStep(StepContext& context, void* self)
    : context_(context),
      keyed_(*context.step().component.raw->keyed),
      self_(self),
      table_(keyed_.state_size, keyed_.state_align) {}

KeyedStep::~KeyedStep() { drop_all(); }

bool KeyedStep::init(sh_bytes key, void* state) {
  if (keyed_.init == nullptr) return true;
  sh_error error = fresh_error();
  if (keyed_.init(self_, key, state, &error) >= 0) return true;
  return context_.fail("making the state of a new key", error);
}

StateTable::Found KeyedStep::find_states(const sh_batch& batch) {
  states_.resize(std::max<size_t>(states_.size(), batch.count));
  // Records of a batch lie in the engine's own memory; see Receiver.
  auto* records = const_cast<sh_record*>(batch.records);
  if (keyed_.init == nullptr) return table_.find(records, batch.count, states_.data(), nullptr);
  return table_.find(records, batch.count, states_.data(),
                     [this](sh_bytes key, void* state) { return init(key, state); });
}

bool KeyedStep::process(const sh_batch& given) {
  const CrashScope scope(context_.label());
  context_.set_timers(this);  // of two tables of one step, this one is meant
  sh_batch batch = given;
  std::vector<sh_record> kept;
  StateTable::Found found = find_states(batch);
  if (found == StateTable::Found::kKeyless) [[unlikely]] {
    if (!reject_keyless(context_, batch, kept)) return false;
    found = find_states(batch);
  }
  if (found == StateTable::Found::kFailed) return false;
  if (batch.count == 0) return true;
  Out& out = context_.out();
  out.begin(&batch);
  const bool ok =
      call_past_bad_records(context_, batch, [&](const sh_batch& part, sh_error& error) {
        return keyed_.process(self_, &part, states_.data() + (part.records - batch.records), &out,
                              &error);
      });
  const bool delivered = out.finish();
  apply_discards();
  return ok && delivered;
}

bool KeyedStep::fire(int64_t now_us) {
  due_.clear();
  timers_.take_due(now_us, kLot, due_);
  if (due_.empty()) return true;
  if (keyed_.on_timers == nullptr) return true;
  const CrashScope scope(context_.label());
  timer_args_.clear();
  for (const Timers::Due& d : due_) {
    timer_args_.push_back(
        {d.state, StateTable::key_of(d.state), d.at_us, d.tag, SH_CLOCK_SYSTEM, 0});
  }
  context_.set_timers(this);
  Out& out = context_.out();
  out.begin(nullptr);
  sh_error error = fresh_error();
  const sh_status status = keyed_.on_timers(
      self_, timer_args_.data(), static_cast<uint32_t>(timer_args_.size()), &out, &error);
  const bool delivered = out.finish();
  apply_discards();
  if (status < 0) return context_.fail("in a timer", error);
  return delivered;
}

int64_t KeyedStep::next_timer_us() const { return timers_.next().value_or(INT64_MAX); }

bool KeyedStep::finish_some(bool* done) {
  *done = keyed_.on_end == nullptr;
  if (!*done) {
    const CrashScope scope(context_.label());
    std::vector<sh_entry> lot;
    while (lot.size() < kLot) {
      void* state = table_.next(cursor_);
      if (state == nullptr) break;
      lot.push_back({state, StateTable::key_of(state)});
    }
    *done = lot.size() < kLot;
    context_.set_timers(this);
    Out& out = context_.out();
    out.begin(nullptr);
    sh_error error = fresh_error();
    const sh_status status =
        lot.empty()
            ? SH_OK
            : keyed_.on_end(self_, lot.data(), static_cast<uint32_t>(lot.size()), &out, &error);
    if (!out.finish()) return false;
    if (status < 0) return context_.fail("at the end of input", error);
  }
  discarded_.clear();  // all go anyway
  if (*done) drop_all();
  return true;
}

bool KeyedStep::restore(const sh_record& partial, void* state) {
  if (keyed_.restore == nullptr) {
    if (partial.value_len != keyed_.state_size) {
      return context_.job().fail(context_.step(), "a partial state has the wrong size");
    }
    std::memcpy(state, partial.value, keyed_.state_size);
    return true;
  }
  sh_error error = fresh_error();
  const sh_bytes key{partial.key, partial.key_len};
  const sh_bytes saved{partial.value, partial.value_len};
  if (keyed_.restore(self_, key, keyed_.state_version, saved, state, &error) >= 0) return true;
  return context_.fail("restoring a partial state", error);
}

bool KeyedStep::merge_saved(const sh_record& partial) {
  const CrashScope scope(context_.label());
  bool is_new = false;
  void* state = table_.find_one(partial.key, partial.key_len, partial.key_hash, &is_new);
  if (is_new) {
    if (restore(partial, state)) return true;
    table_.erase(state);  // it was never made, so it must not be dropped
    return false;
  }
  const Scratch from(keyed_.state_size, keyed_.state_align);
  if (!restore(partial, from.get())) return false;
  sh_error error = fresh_error();
  const sh_bytes key{partial.key, partial.key_len};
  const sh_status status = keyed_.merge(self_, key, state, from.get(), &error);
  drop(from.get());
  return status >= 0 || context_.fail("merging partial states", error);
}

bool KeyedStep::save_some(const EachSaved& each, bool* done) {
  const CrashScope scope(context_.label());
  *done = false;
  for (uint32_t i = 0; i < kLot; ++i) {
    const void* state = table_.next(cursor_);
    if (state == nullptr) {
      *done = true;
      drop_all();
      return true;
    }
    if (keyed_.save == nullptr) {
      if (!each(state, {static_cast<const char*>(state), keyed_.state_size})) return false;
      continue;
    }
    BufferWriter writer;
    sh_error error = fresh_error();
    if (keyed_.save(self_, StateTable::key_of(state), state, &writer, &error) < 0) {
      return context_.fail("saving a partial state", error);
    }
    if (!each(state, writer.bytes())) return false;
  }
  return true;
}

void KeyedStep::drop(void* state) {
  if (keyed_.drop != nullptr) keyed_.drop(self_, state);
}

void KeyedStep::drop_all() {
  if (keyed_.drop != nullptr) {
    const CrashScope scope(context_.label());
    table_.for_each([this](void* state) { drop(state); });
  }
  timers_ = Timers();
  discarded_.clear();
  table_.clear();
  cursor_ = 0;
}

void KeyedStep::apply_discards() {
  if (discarded_.empty()) return;
  std::sort(discarded_.begin(), discarded_.end());
  discarded_.erase(std::unique(discarded_.begin(), discarded_.end()), discarded_.end());
  for (void* state : discarded_) {
    timers_.clear_all(state);
    drop(state);
    table_.erase(state);
  }
  discarded_.clear();
}

sh_status KeyedStep::timer_set(void* state, int32_t clock, int64_t at_us, uint64_t tag) {
  if (clock != SH_CLOCK_SYSTEM) return SH_E_NOT_IMPLEMENTED;
  timers_.set(state, at_us, tag);
  return SH_OK;
}

sh_status KeyedStep::timer_clear(void* state, int32_t clock, uint64_t tag) {
  if (clock != SH_CLOCK_SYSTEM) return SH_E_NOT_IMPLEMENTED;
  timers_.clear(state, tag);
  return SH_OK;
}

void KeyedStep::state_discard(void* state) { discarded_.push_back(state); }

}  // namespace streamhost
