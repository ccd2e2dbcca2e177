#include "engine/keyed_step.h"

#include <algorithm>
#include <cstring>

#include "base/crash_guard.h"
#include "base/fixed64.h"
#include "base/json_text.h"
#include "base/key_hash.h"
#include "engine/operator_node.h"

namespace streamhost {
namespace {

constexpr uint32_t kLot = 256;                     // keys or timers in one call
constexpr size_t kRowsAtOnce = size_t{240} << 10;  // bytes handed to the store at a time

// States saved between two polls: few, or the records wait for them. But the more there are the
// more at a time, so that saving is over before as many have changed again.
constexpr size_t kSaveLot = 64;
constexpr size_t kSaveShare = 1024;
constexpr size_t kMostTimers = 255;
constexpr size_t kTimerBytes = 17;
constexpr int32_t kLastSeen = 2;  // beside SH_CLOCK_..., in rows only

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
      expiry_(context.step().ttl_us, keyed_.state_size),
      table_(expiry_.room(keyed_.state_size), keyed_.state_align) {}

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
  if (expiry_.on()) expiry_.touched(states_.data(), batch.count, context_.job().now_us());
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
  if (!call_timers(timers_, SH_CLOCK_SYSTEM, now_us)) return false;
  if (expiry_.next_us() > now_us) return true;
  const CrashScope scope(context_.label());
  expiry_.take(now_us, kLot, discarded_);
  apply_discards();
  return true;
}

bool KeyedStep::fire_event(int64_t watermark_us, bool* done) {
  *done = event_timers_.next().value_or(INT64_MAX) > watermark_us || event_timers_.empty();
  if (*done) return true;
  if (!call_timers(event_timers_, SH_CLOCK_EVENT, watermark_us)) return false;
  *done = event_timers_.empty() || *event_timers_.next() > watermark_us;
  return true;
}

bool KeyedStep::call_timers(Timers& timers, int32_t clock, int64_t now_us) {
  due_.clear();
  timers.take_due(now_us, kLot, due_);
  if (due_.empty()) return true;
  if (keyed_.on_timers == nullptr) return true;
  const CrashScope scope(context_.label());
  timer_args_.clear();
  for (const Timers::Due& d : due_) {
    timer_args_.push_back({d.state, table_.key_of(d.state), d.at_us, d.tag, clock, 0});
    // A frozen state is saved now, as it was at the barrier: with the timer that was taken above.
    taken_ = {&d, clock};
    const bool touched = table_.touch(d.state);
    taken_ = {};
    if (!touched) return false;
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

int64_t KeyedStep::next_timer_us() const {
  return std::min(timers_.next().value_or(INT64_MAX), expiry_.next_us());
}

bool KeyedStep::finish_some(bool* done) {
  *done = keyed_.on_end == nullptr;
  bool keep = *done;
  if (!*done) {
    const CrashScope scope(context_.label());
    std::vector<sh_entry> lot;
    while (lot.size() < kLot) {
      void* state = table_.next(cursor_);
      if (state == nullptr) break;
      lot.push_back({state, table_.key_of(state)});
    }
    *done = lot.size() < kLot;
    context_.set_timers(this);
    Out& out = context_.out();
    out.begin(nullptr);
    sh_error error = fresh_error();
    // A worker without keys asks as well: what is done about states holds for all of them.
    const bool asks = !lot.empty() || table_.size() == 0;
    const sh_status status =
        asks ? keyed_.on_end(self_, lot.data(), static_cast<uint32_t>(lot.size()), &out, &error)
             : SH_OK;
    if (!out.finish()) return false;
    if (status < 0) return context_.fail("at the end of input", error);
    if (status == SH_AGAIN) *done = keep = true;
  }
  discarded_.clear();  // all go anyway
  if (!*done) return true;
  cursor_ = 0;
  if (snapshots_ != nullptr && keep) return true;
  drop_all();
  gone_ = {};
  cleared_ = snapshots_ != nullptr;
  return true;
}

bool KeyedStep::restore_partial(const sh_record& partial, void* state) {
  const Status status = restore({partial.key, partial.key_len}, keyed_.state_version,
                                {partial.value, partial.value_len}, state);
  return status || context_.job().fail(context_.step(), "a partial state: " + status.message());
}

Status KeyedStep::restore(sh_bytes key, uint32_t version, sh_bytes saved, void* state) {
  if (keyed_.restore != nullptr) {
    sh_error error = fresh_error();
    if (keyed_.restore(self_, key, version, saved, state, &error) >= 0) return Status::ok();
    return Status::failed(
        std::string(error.message, strnlen(error.message, sizeof(error.message))));
  }
  if (saved.len != keyed_.state_size) {
    return Status::failed("it has " + std::to_string(saved.len) +
                          " bytes, and the component's states have " +
                          std::to_string(keyed_.state_size));
  }
  if (saved.len != 0) std::memcpy(state, saved.ptr, saved.len);
  return Status::ok();
}

bool KeyedStep::merge_saved(const sh_record& partial) {
  const CrashScope scope(context_.label());
  bool is_new = false;
  void* state = table_.find_one(partial.key, partial.key_len, partial.key_hash, &is_new);
  if (is_new) {
    if (restore_partial(partial, state)) return table_.touch(state);
    table_.erase(state);  // it was never made, so it must not be dropped
    return false;
  }
  if (!table_.touch(state)) return false;
  const Scratch from(keyed_.state_size, keyed_.state_align);
  if (!restore_partial(partial, from.get())) return false;
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
    if (keyed_.save(self_, table_.key_of(state), state, &writer, &error) < 0) {
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
  event_timers_ = Timers();
  expiry_.clear();
  discarded_.clear();
  table_.clear();
  cursor_ = 0;
}

void KeyedStep::apply_discards() {
  if (discarded_.empty()) return;
  std::sort(discarded_.begin(), discarded_.end());
  discarded_.erase(std::unique(discarded_.begin(), discarded_.end()), discarded_.end());
  for (void* state : discarded_) {
    if (snapshots_ != nullptr) {
      if (!table_.untouch(state)) break;  // the job is stopping
      if (StateTable::stored(state)) gone_.erase(key_text(state));
    }
    timers_.clear_all(state);
    event_timers_.clear_all(state);
    expiry_.forget(state);
    drop(state);
    table_.erase(state);
  }
  discarded_.clear();
}

std::string_view KeyedStep::key_text(const void* state) const {
  const sh_bytes key = table_.key_of(state);
  return {reinterpret_cast<const char*>(key.ptr), static_cast<size_t>(key.len)};
}

bool KeyedStep::resume(Snapshots& snapshots, uint32_t step) {
  snapshots_ = &snapshots;
  number_ = step;
  table_.track([this](void* state) { return save_row(state); });
  if (!snapshots.has_states(step)) return true;
  auto reader = snapshots.states(step);
  if (!reader) return context_.job().fail(reader.status());
  const CrashScope scope(context_.label());
  uint64_t rows = 0;
  while (*reader != nullptr) {
    const auto row = (*reader)->next();
    if (!row) break;
    if (!resume_row(*row)) return false;
    if (++rows % kLot == 0 && context_.job().stopping()) return false;
  }
  if (*reader != nullptr && !(*reader)->outcome()) {
    return context_.job().fail(Status(Code::kRecovery, (*reader)->outcome().failure().message));
  }
  StateExchange* others = context_.job().states();
  return others == nullptr ||
         others->read(step, context_.worker(),
                      [this](const recovery::Row& row) { return resume_row(row); });
}

// The value of a row: the key's timers, and behind them what the step saved.
//
//   row = count { clock at tag } saved .     count, clock: one byte; at, tag: 8 bytes, lowest first
//
// With `ttl` there is one more, of the clock kLastSeen: when the key was seen last.
bool KeyedStep::save_row(void* state) {
  row_.clear();
  timers_of_row_.clear();
  timers_.append_to(timers_of_row_, state);
  append_taken(SH_CLOCK_SYSTEM);
  const size_t by_system = timers_of_row_.size();
  event_timers_.append_to(timers_of_row_, state);
  append_taken(SH_CLOCK_EVENT);
  const size_t by_event = timers_of_row_.size();
  if (expiry_.on()) timers_of_row_.push_back({0, expiry_.last_seen(state)});
  const size_t count = timers_of_row_.size();
  if (count > kMostTimers) {
    return context_.job().fail(
        context_.step(),
        "a key has more than " + std::to_string(kMostTimers) + " timers; a snapshot holds no more");
  }
  row_ += static_cast<char>(count);
  for (size_t i = 0; i < count; ++i) {
    const int32_t clock = i < by_system  ? SH_CLOCK_SYSTEM
                          : i < by_event ? SH_CLOCK_EVENT
                                         : kLastSeen;
    row_ += static_cast<char>(clock);
    append_fixed64(row_, static_cast<uint64_t>(timers_of_row_[i].at_us));
    append_fixed64(row_, timers_of_row_[i].tag);
  }
  if (keyed_.save == nullptr) {
    row_.append(static_cast<const char*>(state), keyed_.state_size);
  } else {
    saved_.bytes().clear();
    sh_error error = fresh_error();
    const CrashScope scope(context_.label());
    if (keyed_.save(self_, table_.key_of(state), state, &saved_, &error) < 0) {
      return context_.fail("saving a state", error);
    }
    row_ += saved_.bytes();
  }
  rows_.put(key_text(state), keyed_.state_version, row_);
  StateTable::set_stored(state);
  if (rows_.encoded().size() >= kRowsAtOnce) hand_over();
  return true;
}

void KeyedStep::append_taken(int32_t clock) {
  if (taken_.timer == nullptr || taken_.clock != clock) return;
  timers_of_row_.push_back({taken_.timer->tag, taken_.timer->at_us});
}

bool KeyedStep::resume_row(const recovery::Row& row) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(row.key.data());
  const auto length = static_cast<uint32_t>(row.key.size());
  const uint64_t hash = key_hash(bytes, row.key.size());
  if (owner_of(hash, context_.job().workers()) != context_.worker()) return true;
  const size_t timers = row.value.empty() ? 0 : static_cast<uint8_t>(row.value[0]);
  const size_t head = 1 + timers * kTimerBytes;
  if (row.value.size() < head) {
    return context_.job().fail(
        Status(Code::kRecovery,
               step_name(context_.step()) + ": a row of the recovery store is too short"));
  }
  if (expiry_.on()) {
    // Before a record of it can come: it was to be gone.
    for (size_t i = 0; i < timers; ++i) {
      const char* at = row.value.data() + 1 + i * kTimerBytes;
      if (*at != kLastSeen) continue;
      if (!expiry_.over(static_cast<int64_t>(read_fixed64(at + 1)), context_.job().now_us())) break;
      gone_.erase(row.key);
      return true;
    }
  }
  bool is_new = false;
  void* state = table_.find_one(bytes, length, hash, &is_new);
  const sh_bytes saved{reinterpret_cast<const uint8_t*>(row.value.data()) + head,
                       row.value.size() - head};
  if (const Status status = restore({bytes, length}, row.version, saved, state); !status) {
    table_.erase(state);  // it was never made, so it must not be dropped
    return context_.job().fail(Status(
        Code::kRecovery, step_name(context_.step()) + ": the saved state of key " +
                             json_string(row.key) + " (version " + std::to_string(row.version) +
                             ") cannot be taken up: " + status.message()));
  }
  StateTable::set_stored(state);
  for (size_t i = 0; i < timers; ++i) {
    const char* at = row.value.data() + 1 + i * kTimerBytes;
    const auto time = static_cast<int64_t>(read_fixed64(at + 1));
    if (*at == kLastSeen) expiry_.touched(state, time);
    Timers* of_clock = timers_of(*at);
    if (of_clock == nullptr) continue;  // or a clock of a later version
    of_clock->set(state, time, read_fixed64(at + 9));
  }
  // Of a run without `ttl`.
  if (expiry_.on() && expiry_.last_seen(state) == 0) {
    expiry_.touched(state, context_.job().now_us());
  }
  return true;
}

void KeyedStep::hand_over() {
  if (!rows_.empty()) snapshots_->add(number_, std::exchange(rows_, {}));
}

void KeyedStep::freeze() {
  if (snapshots_ == nullptr) return;
  // Forgotten keys first: one that came back is written behind, and counts.
  rows_ = std::exchange(gone_, {});
  cleared_before_ = std::exchange(cleared_, false);
  table_.freeze();
  saved_frozen_ = 0;
  saving_ = true;
}

bool KeyedStep::save_frozen(bool* done) {
  const CrashScope scope(context_.label());
  const size_t lot = std::max(kSaveLot, saved_frozen_ / kSaveShare);
  saved_frozen_ += lot;
  for (size_t i = 0; i < lot; ++i) {
    void* state = table_.take_frozen();
    if (state == nullptr) {
      hand_over();
      saving_ = false;
      *done = true;
      return true;
    }
    if (!save_row(state)) return false;
  }
  *done = false;
  return true;
}

Timers* KeyedStep::timers_of(int32_t clock) {
  if (clock == SH_CLOCK_SYSTEM) return &timers_;
  return clock == SH_CLOCK_EVENT ? &event_timers_ : nullptr;
}

sh_status KeyedStep::timer_set(void* state, int32_t clock, int64_t at_us, uint64_t tag) {
  Timers* timers = timers_of(clock);
  if (timers == nullptr) return SH_E_NOT_IMPLEMENTED;
  if (clock == SH_CLOCK_EVENT && !context_.step().event_time) [[unlikely]] {
    context_.job().fail(
        context_.step(),
        "it sets a timer of the event clock, and has no event time: say watermark = "
        "{ wait = \"5s\" } in the source \"" +
            context_.step().untimed_source +
            "\", or in the operator behind it that sets the event time");
    return SH_E_STOPPED;
  }
  timers->set(state, at_us, tag);
  return SH_OK;
}

sh_status KeyedStep::timer_clear(void* state, int32_t clock, uint64_t tag) {
  Timers* timers = timers_of(clock);
  if (timers == nullptr) return SH_E_NOT_IMPLEMENTED;
  timers->clear(state, tag);
  return SH_OK;
}

void KeyedStep::state_discard(void* state) { discarded_.push_back(state); }

}  // namespace streamhost
