// The host as a C++ plugin sees it: services, options, writers, arenas, wakers.
#pragma once

#include <streamhost/sdk/record.hpp>

#include <memory>
#include <vector>

namespace streamhost::inline v1 {

// Keeps an arena alive. Move-only; see host.h for who may write to it and when.
class Arena {
 public:
  Arena() = default;
  Arena(const sh_host* host, sh_arena* arena, uint8_t* bytes, size_t size)
      : host_(host), arena_(arena), bytes_(bytes), size_(size) {}
  Arena(Arena&& other) noexcept { swap(other); }
  Arena& operator=(Arena&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Arena() {
    if (arena_ != nullptr) host_->arena_release(arena_);
  }
  explicit operator bool() const { return arena_ != nullptr; }
  uint8_t* bytes() const { return bytes_; }
  size_t size() const { return size_; }
  sh_arena* raw() const { return arena_; }
  // True while somebody else may read the bytes: they must not be written then.
  bool shared() const { return host_->arena_shared(arena_) != 0; }

 private:
  void swap(Arena& other) noexcept {
    std::swap(host_, other.host_);
    std::swap(arena_, other.arena_);
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
  }
  const sh_host* host_ = nullptr;
  sh_arena* arena_ = nullptr;
  uint8_t* bytes_ = nullptr;
  size_t size_ = 0;
};

// Wakes the worker that runs this step. Copyable through shared ownership; wake() from any thread.
class Waker {
 public:
  Waker() = default;
  Waker(const sh_host* host, sh_waker* waker)
      : host_(host), waker_(waker, [host](sh_waker* w) { host->waker_release(w); }) {}
  void wake() const {
    if (waker_) host_->wake(waker_.get());
  }

 private:
  const sh_host* host_ = nullptr;
  std::shared_ptr<sh_waker> waker_;
};

class Writer {
 public:
  explicit Writer(sh_writer* writer) : writer_(writer) {}
  void write(std::string_view bytes) {
    detail::check(writer_->write(writer_->to, to_bytes(bytes)));
  }
  sh_writer* raw() const { return writer_; }

 private:
  sh_writer* writer_;
};

// A writer that appends to a string, to hand to an aggregate: sh_writer w = writer_to(text).
inline sh_writer writer_to(std::string& text) {
  return {&text, [](void* to, sh_bytes bytes) -> sh_status {
            try {
              static_cast<std::string*>(to)->append(to_view(bytes));
              return SH_OK;
            } catch (const std::bad_alloc&) {
              return SH_E_UNAVAILABLE;
            }
          }};
}

// One step on one worker. Cheap to copy; valid until the instance is destroyed.
class Context {
 public:
  Context(const sh_host* host, sh_context* ctx) : host_(host), ctx_(ctx) {}

  std::string_view step_id() const { return to_view(host_->step_id(ctx_)); }
  uint32_t worker_index() const { return host_->worker_index(ctx_); }
  uint32_t worker_count() const { return host_->worker_count(ctx_); }
  uint64_t epoch() const { return host_->epoch(ctx_); }
  int64_t now_us() const { return host_->now_us(ctx_); }
  // SH_NO_TIME when the step has none yet.
  int64_t watermark_us() const { return host_->watermark_us(ctx_); }
  // False: it never gets one, for the manifest has no `watermark` on some path to this step.
  bool has_event_time() const { return host_->has_event_time(ctx_) != 0; }
  // Whether a step reads this output: what nobody reads need not be made.
  bool output_read(uint32_t port) const { return host_->output_read(ctx_, port) != 0; }

  bool log_enabled(int32_t level) const { return host_->log_enabled(ctx_, level) != 0; }
  void log(int32_t level, std::string_view message) const {
    host_->log(ctx_, level, to_bytes(message));
  }
  void info(std::string_view message) const { log(SH_LOG_INFO, message); }
  void warn(std::string_view message) const { log(SH_LOG_WARN, message); }

  // An arena of `size` writable bytes; throws when memory is out. [worker]
  Arena arena(size_t size) const {
    uint8_t* bytes = nullptr;
    sh_arena* arena = host_->arena_new(ctx_, size, &bytes);
    if (arena == nullptr) throw std::bad_alloc();
    return {host_, arena, bytes, size};
  }
  Waker waker() const { return {host_, host_->waker(ctx_)}; }

  // Reports a record that cannot be processed; returns when the job goes on without it. [worker]
  void reject(const sh_record& record, std::string_view message) const {
    detail::check(host_->reject(ctx_, &record, to_bytes(message)));
  }
  // The same for something that is not yet a record: a line, a message. [worker]
  void reject_value(std::string_view value, std::string_view message) const {
    sh_record record{};
    record.key_len = SH_ABSENT;
    record.value = to_bytes(value).ptr;
    record.value_len = static_cast<uint32_t>(value.size());
    record.event_time_us = SH_NO_TIME;
    reject(record, message);
  }

  // Timers of a keyed step, see host.h. `state` is one that the running call was given.
  template <class State>
  void timer_set(State& state, int32_t clock, int64_t at_us, uint64_t tag = 0) const {
    detail::check(host_->timer_set(ctx_, &state, clock, at_us, tag));
  }
  template <class State>
  void timer_clear(State& state, int32_t clock, uint64_t tag = 0) const {
    detail::check(host_->timer_clear(ctx_, &state, clock, tag));
  }
  template <class State>
  void discard(State& state) const {
    host_->state_discard(ctx_, &state);
  }

  // Registers a metric of the step; record() adds, sets or observes by its kind.
  uint32_t metric(int32_t kind, const char* name, const char* help) const {
    uint32_t id = 0;
    detail::check(host_->metric(ctx_, kind, name, help, &id));
    return id;
  }
  void record(uint32_t metric, double value) const { host_->metric_record(ctx_, metric, value); }

  // True when the job goes on from a snapshot of an earlier run.
  bool resumed() const { return host_->resumed(ctx_) != 0; }
  // Asks for a barrier before its time. False: it cannot come yet, see host.h.
  bool request_epoch() const { return host_->request_epoch(ctx_) != 0; }

  const sh_host* host() const { return host_; }
  sh_context* raw() const { return ctx_; }

 private:
  const sh_host* host_;
  sh_context* ctx_;
};

struct Use;

// The options of one step, of a table or of a component, already checked by the host. [control]
class Config {
 public:
  Config(const sh_host* host, const sh_config* config) : host_(host), config_(config) {}

  // True for an option of any type that was given or has a default.
  bool has(const char* option) const { return find(option).has_value(); }
  // The canonical text of a scalar; empty when not given and without default.
  std::optional<std::string_view> find(const char* option) const {
    sh_bytes value{};
    const sh_status status = host_->config_get(config_, option, &value);
    if (status == SH_E_NOT_IMPLEMENTED) {
      throw Error(SH_E_INTERNAL, std::string("the plugin asks for its option \"") + option +
                                     "\" but does not declare it");
    }
    detail::check(status);
    if (status == SH_END) return std::nullopt;
    return to_view(value);
  }
  std::string str(const char* option) const { return std::string(find(option).value_or("")); }
  bool flag(const char* option) const { return find(option) == "true"; }
  // Integers, durations (us), sizes (bytes) and times (us since the epoch).
  int64_t integer(const char* option, int64_t otherwise = 0) const {
    return number_of<int64_t>(option, otherwise);
  }
  double number(const char* option, double otherwise = 0) const {
    return number_of<double>(option, otherwise);
  }
  std::vector<std::string> list(const char* option) const {
    std::vector<std::string> result;
    for (auto& [name, value] : map(option)) result.push_back(std::move(value));
    return result;
  }
  std::vector<std::pair<std::string, std::string>> map(const char* option) const {
    std::vector<std::pair<std::string, std::string>> result;
    const uint32_t count = host_->config_count(config_, option);
    for (uint32_t i = 0; i < count; ++i) {
      sh_bytes name{}, value{};
      detail::check(host_->config_item(config_, option, i, &name, &value));
      result.emplace_back(to_view(name), to_view(value));
    }
    return result;
  }
  // The fields of a table; empty when it was not given.
  std::optional<Config> table(const char* option) const {
    if (!has(option)) return std::nullopt;
    const sh_config* fields = host_->config_table(config_, option);
    if (fields == nullptr) {
      throw Error(SH_E_INTERNAL, std::string("the plugin asks for the fields of its option \"") +
                                     option + "\", which is no table");
    }
    return Config(host_, fields);
  }
  // The components that an option names, in the manifest's order; none when it was not given.
  std::vector<Use> components(const char* option) const;
  uint32_t input_count() const { return host_->input_count(config_); }
  std::string input_name(uint32_t port) const {
    sh_bytes name{};
    detail::check(host_->input_name(config_, port, &name));
    return std::string(to_view(name));
  }
  const sh_config* raw() const { return config_; }

 private:
  template <class T>
  T number_of(const char* option, T otherwise) const {
    const auto text = find(option);
    if (!text) return otherwise;
    T value{};
    std::from_chars(text->data(), text->data() + text->size(), value);
    return value;
  }
  const sh_host* host_;
  const sh_config* config_;
};

// A component that an option names; see use_aggregate.hpp for making it work. Valid as long as the
// config it came from.
struct Use {
  std::string_view name;  // in a table of names; empty when the option names one component
  std::string_view id;    // "agg.sum"
  const sh_component* component;
  Config config;
};

inline std::vector<Use> Config::components(const char* option) const {
  std::vector<Use> result;
  if (!has(option)) return result;
  const uint32_t count = host_->config_count(config_, option);
  for (uint32_t i = 0; i < count; ++i) {
    const sh_use* use = host_->config_component(config_, option, i);
    if (use == nullptr) {
      throw Error(SH_E_INTERNAL,
                  std::string("the plugin asks for the components of its option \"") + option +
                      "\", which is of another type");
    }
    result.push_back(
        {to_view(use->name), to_view(use->id), use->component, Config(host_, use->options)});
  }
  return result;
}

}  // namespace streamhost::inline v1
