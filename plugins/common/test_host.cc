#include "test_host.h"

#include <algorithm>
#include <chrono>

namespace sh = streamhost;

struct sh_arena {
  std::atomic<int> references{1};
  std::vector<uint8_t> bytes;
};

namespace plugin_common {

namespace {

PutRecord copy_of(const sh_record& raw) {
  const sh::Record record(raw);
  PutRecord copy;
  if (raw.key_len != SH_ABSENT) copy.key = record.key();
  if (raw.value_len != SH_ABSENT) copy.value = record.value();
  copy.event_time_us = raw.event_time_us;
  for (uint32_t i = 0; i < raw.header_count; ++i) {
    const sh_header& header = raw.headers[i];
    copy.headers.emplace_back(sh::to_view(header.name), sh::to_view(header.value));
  }
  return copy;
}

}  // namespace

// The opaque pointers of the ABI are all the TestHost itself.
struct TestHost::Functions {
  template <class Opaque>
  static TestHost& of(Opaque* opaque) {
    return *reinterpret_cast<TestHost*>(const_cast<std::remove_const_t<Opaque>*>(opaque));
  }

  static int32_t log_enabled(sh_context*, int32_t) { return 1; }
  static void log(sh_context* ctx, int32_t, sh_bytes message) {
    const std::lock_guard lock(of(ctx).mutex_);
    of(ctx).logs.emplace_back(sh::to_view(message));
  }
  static sh_bytes step_id(sh_context*) { return sh::to_bytes("test"); }
  static uint32_t worker_index(sh_context*) { return 0; }
  static uint32_t worker_count(sh_context*) { return 1; }
  static int32_t has_event_time(sh_context* ctx) { return of(ctx).event_time; }
  static int32_t output_read(sh_context*, uint32_t) { return 1; }
  static sh_arena* arena_new(sh_context* ctx, uint64_t size, uint8_t** bytes) {
    auto* arena = new sh_arena;
    arena->bytes.resize(size + 64);
    *bytes = arena->bytes.data();
    ++of(ctx).arenas_made;
    return arena;
  }
  static void arena_retain(sh_arena* arena) { ++arena->references; }
  static void arena_release(sh_arena* arena) {
    if (arena != nullptr && --arena->references == 0) delete arena;
  }
  static int32_t arena_shared(sh_arena* arena) { return arena->references > 1; }

  static sh_status out_reserve(sh_out* out, uint32_t, uint32_t records, uint64_t bytes,
                               sh_span* span) {
    TestHost& host = of(out);
    host.span_records_.assign(std::min(records, host.span_records), sh_record{});
    host.span_bytes_.assign(bytes, 0);
    span->records = host.span_records_.data();
    span->record_room = static_cast<uint32_t>(host.span_records_.size());
    span->bytes = host.span_bytes_.data();
    span->byte_room = bytes;
    return SH_OK;
  }
  static sh_status out_commit(sh_out* out, uint32_t, uint32_t records, uint64_t) {
    return out_forward(out, 0, of(out).span_records_.data(), records);
  }
  static sh_status out_forward(sh_out* out, uint32_t, const sh_record* records, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      const std::string_view value = sh::Record(records[i]).value();
      of(out).values.emplace_back(value);
      of(out).views.push_back(value);
      of(out).put_out.push_back(copy_of(records[i]));
    }
    return SH_OK;
  }
  static sh_status out_adopt(sh_out* out, uint32_t port, const sh_record* records, uint32_t count,
                             sh_external memory) {
    of(out).adopted_.push_back(memory);
    return out_forward(out, port, records, count);
  }
  static sh_status out_attach(sh_out* out, sh_arena* arena) {
    arena_retain(arena);
    of(out).held_.push_back(arena);
    return SH_OK;
  }
  static sh_status reject(sh_context* ctx, const sh_record* record, sh_bytes message) {
    of(ctx).rejected.emplace_back(sh::Record(*record).value());
    of(ctx).reasons.emplace_back(sh::to_view(message));
    return SH_OK;
  }
  static uint64_t epoch(sh_context*) { return 1; }
  static int64_t now_us(sh_context*) {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  static sh_status metric(sh_context* ctx, int32_t, const char* name, const char*, uint32_t* id) {
    const std::lock_guard lock(of(ctx).mutex_);
    auto& names = of(ctx).metric_names_;
    const auto it = std::find(names.begin(), names.end(), name);
    *id = static_cast<uint32_t>(it - names.begin());
    if (it == names.end()) names.emplace_back(name);
    return SH_OK;
  }
  static void metric_record(sh_context* ctx, uint32_t id, double value) {
    const std::lock_guard lock(of(ctx).mutex_);
    of(ctx).metrics[of(ctx).metric_names_.at(id)].push_back(value);
  }
  static int32_t resumed(sh_context* ctx) { return of(ctx).resumed; }
  static int32_t request_epoch(sh_context* ctx) { return ++of(ctx).epochs_requested; }
  static sh_waker* waker(sh_context* ctx) { return reinterpret_cast<sh_waker*>(ctx); }
  static void wake(sh_waker* waker) { ++of(waker).wakes; }
  static void waker_release(sh_waker*) {}
};

TestHost::TestHost()
    : table_(std::make_unique<sh_host>()), writer_(streamhost::writer_to(written)) {
  using F = Functions;
  sh_host& t = *table_;
  t.struct_size = sizeof(sh_host);
  t.abi_major = SH_ABI_MAJOR;
  t.abi_minor = SH_ABI_MINOR;
  t.version = "test";
  t.log_enabled = F::log_enabled;
  t.log = F::log;
  TestOptions::fill(t);
  t.step_id = F::step_id;
  t.worker_index = F::worker_index;
  t.worker_count = F::worker_count;
  t.has_event_time = F::has_event_time;
  t.output_read = F::output_read;
  t.arena_new = F::arena_new;
  t.arena_retain = F::arena_retain;
  t.arena_release = F::arena_release;
  t.arena_shared = F::arena_shared;
  t.out_reserve = F::out_reserve;
  t.out_commit = F::out_commit;
  t.out_forward = F::out_forward;
  t.out_attach = F::out_attach;
  t.out_adopt = F::out_adopt;
  t.reject = F::reject;
  t.waker = F::waker;
  t.epoch = F::epoch;
  t.now_us = F::now_us;
  t.metric = F::metric;
  t.metric_record = F::metric_record;
  t.resumed = F::resumed;
  t.request_epoch = F::request_epoch;
  t.get_extension = [](const char*) -> const void* { return nullptr; };
  t.wake = F::wake;
  t.waker_release = F::waker_release;
}

TestHost::~TestHost() { release_records(); }

void TestHost::release_records() {
  for (sh_arena* arena : held_) Functions::arena_release(arena);
  held_.clear();
  for (const sh_external& memory : std::exchange(adopted_, {})) memory.release(memory.owner);
  views.clear();
}

std::vector<std::string> TestHost::logged() {
  const std::lock_guard lock(mutex_);
  return logs;
}

sh::Context TestHost::context() { return {table_.get(), reinterpret_cast<sh_context*>(this)}; }
sh::Config TestHost::config() { return {table_.get(), options.raw()}; }
sh::Out TestHost::out() { return {table_.get(), reinterpret_cast<sh_out*>(this)}; }
sh::Writer TestHost::writer() { return sh::Writer(&writer_); }

}  // namespace plugin_common
