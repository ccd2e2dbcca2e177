#include "engine/context.h"

#include <algorithm>
#include <bit>
#include <new>

#include "base/crash_guard.h"
#include "base/json_text.h"

namespace streamhost {
namespace {

constexpr size_t kExcerpt = 200;

spdlog::level::level_enum spdlog_level(int32_t level) {
  switch (level) {
    case SH_LOG_TRACE: return spdlog::level::trace;
    case SH_LOG_DEBUG: return spdlog::level::debug;
    case SH_LOG_WARN: return spdlog::level::warn;
    case SH_LOG_ERROR: return spdlog::level::err;
    default: return spdlog::level::info;
  }
}

std::string_view view(const uint8_t* ptr, uint32_t len) {
  if (len == SH_ABSENT) return {};
  return {reinterpret_cast<const char*>(ptr), len};
}

std::string_view view(sh_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.ptr), static_cast<size_t>(bytes.len)};
}

std::string_view message_of(const sh_error& error) {
  const std::string_view text(error.message, strnlen(error.message, sizeof(error.message)));
  return text.empty() ? std::string_view("it failed without saying why") : text;
}

// "key "a", value "b..."": the record as a message shows it.
std::string excerpt(const sh_record& r) {
  std::string text;
  if (r.key_len != SH_ABSENT) {
    text += "key ";
    append_json_string(text, view(r.key, r.key_len).substr(0, kExcerpt));
    text += ", ";
  }
  text += "value ";
  if (r.value_len == SH_ABSENT) return text + "absent";
  append_json_string(text, view(r.value, r.value_len).substr(0, kExcerpt));
  if (r.value_len > kExcerpt) text += "…";
  return text;
}

struct StepWaker final : sh_waker {
  explicit StepWaker(std::shared_ptr<WakeTarget> t) : target(std::move(t)) {}
  void wake() override { target->wake(); }
  void release() override { delete this; }
  const std::shared_ptr<WakeTarget> target;
};

uint32_t output_count(const sh_component& component) {
  return component.output_count == 0 ? 1 : component.output_count;
}

}  // namespace

void WakeTarget::wake() {
  const std::lock_guard lock(mutex);
  if (parker == nullptr) return;
  woken.store(true, std::memory_order_seq_cst);
  parker->wake();
}

StepContext::StepContext(Job& job, const Step& step, uint32_t worker)
    : job_(job),
      step_(step),
      worker_(worker),
      label_(step_name(step) + " of plugin \"" + step.component.plugin->name + "\" (" +
             step.component.plugin->path.string() + ")"),
      out_(job, output_count(*step.component.raw)),
      wake_target_(std::make_shared<WakeTarget>()) {
  wake_target_->parker = &job.hub().parker(worker);
}

StepContext::~StepContext() {
  const std::lock_guard lock(wake_target_->mutex);
  wake_target_->parker = nullptr;
}

bool StepContext::output_read(uint32_t port) {
  const std::vector<Step>& steps = job_.flow().steps;
  const auto self = static_cast<uint32_t>(&step_ - steps.data());
  return std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
    return std::any_of(step.inputs.begin(), step.inputs.end(), [&](const Input& input) {
      return input.step == self && input.output_port == port;
    });
  });
}

bool StepContext::fail(std::string_view what, const sh_error& error) {
  std::string message(what);
  if (!message.empty()) message += ": ";
  return job_.fail(step_, message.append(message_of(error)));
}

bool StepContext::reject_record(const sh_record& record, std::string_view message) {
  if (step_.errors_wired) {
    std::string json = "{\"step\":";
    append_json_string(json, step_.id);
    json += ",\"error\":";
    append_json_string(json, message);
    json += ",\"key\":";
    if (record.key_len == SH_ABSENT) {
      json += "null";
    } else {
      append_json_string(json, view(record.key, record.key_len));
    }
    json += ",\"value\":";
    if (record.value_len == SH_ABSENT) {
      json += "null";
    } else {
      append_json_string(json, view(record.value, record.value_len));
    }
    json += ",\"timestamp\":";
    json += record.event_time_us == SH_NO_TIME ? "null" : std::to_string(record.event_time_us);
    json += "}";
    return out_.push_error(record, json);
  }
  if (step_.on_error == OnError::kSkip) {
    if (rejected_metric_ == UINT32_MAX) {
      rejected_metric_ = job_.metrics().add(step_.id, worker_, SH_METRIC_COUNTER, "rejected_records",
                                            "records skipped because of on_error = \"skip\"");
    }
    job_.metrics().record(rejected_metric_, 1);
    // The first few, then ever fewer: a log is no place for every record.
    if (++rejected_ <= 3 || std::has_single_bit(rejected_)) {
      job_.log().warn("{}: skipped a record ({} so far): {}: {}", step_name(step_), rejected_,
                      message, excerpt(record));
    }
    return true;
  }
  return job_.fail(step_, std::string(message) + ": " + excerpt(record));
}

bool StepContext::log_enabled(int32_t level) { return job_.log().should_log(spdlog_level(level)); }

void StepContext::log(int32_t level, sh_bytes message) {
  job_.log().log(spdlog_level(level), "{}: {}", step_.id, view(message));
}

sh_bytes StepContext::step_id() {
  return {reinterpret_cast<const uint8_t*>(step_.id.data()), step_.id.size()};
}

sh_arena* StepContext::arena_new(uint64_t size, uint8_t** bytes) {
  sh_arena* chunk = job_.hub().arenas.chunk(size);
  if (chunk != nullptr) *bytes = ArenaPool::bytes(chunk);
  return chunk;
}

sh_status StepContext::reject(const sh_record* record, sh_bytes message) {
  try {
    if (reject_record(*record, view(message))) return SH_OK;
  } catch (const std::bad_alloc&) {
    job_.fail(Status::failed("out of memory"));
  }
  return SH_E_STOPPED;
}

sh_status StepContext::timer_set(void* state, int32_t clock, int64_t at_us, uint64_t tag) {
  return timers_ == nullptr ? SH_E_NOT_IMPLEMENTED : timers_->timer_set(state, clock, at_us, tag);
}

sh_status StepContext::timer_clear(void* state, int32_t clock, uint64_t tag) {
  return timers_ == nullptr ? SH_E_NOT_IMPLEMENTED : timers_->timer_clear(state, clock, tag);
}

void StepContext::state_discard(void* state) {
  if (timers_ != nullptr) timers_->state_discard(state);
}

sh_waker* StepContext::waker() { return new StepWaker(wake_target_); }

sh_status StepContext::metric(int32_t kind, const char* name, const char* help, uint32_t* id) {
  if (kind < SH_METRIC_COUNTER || kind > SH_METRIC_HISTOGRAM) return SH_E_NOT_IMPLEMENTED;
  *id = job_.metrics().add(step_.id, worker_, kind, name, help);
  return SH_OK;
}

void StepContext::metric_record(uint32_t id, double value) { job_.metrics().record(id, value); }

Result<Instance> Instance::create(StepContext& context) {
  const sh_component* component = context.step().component.raw;
  sh_error error = fresh_error();
  void* self = nullptr;
  const CrashScope scope(context.label());
  const sh_status status = component->lifecycle->create(
      host_table(), &context, component, context.step().options.get(), &self, &error);
  if (status < 0) {
    return Status(status == SH_E_CONFIG ? Code::kUsage : Code::kFailed,
                  std::string(message_of(error)));
  }
  return Instance(context, self);
}

Instance::~Instance() {
  if (context_ == nullptr) return;
  const CrashScope scope(context_->label());
  context_->step().component.raw->lifecycle->destroy(self_);
}

}  // namespace streamhost
