// One step on one worker, as its plugin sees it: the engine's side of sh_context.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "engine/job.h"
#include "engine/out.h"
#include "plugin/services.h"

namespace streamhost {

// What a keyed step does with the plugin's timers; null elsewhere. [worker]
class TimerService {
 public:
  virtual ~TimerService() = default;
  virtual sh_status timer_set(void* state, int32_t clock, int64_t at_us, uint64_t tag) = 0;
  virtual sh_status timer_clear(void* state, int32_t clock, uint64_t tag) = 0;
  virtual void state_discard(void* state) = 0;
};

// Sets `woken` and wakes the worker, as long as the step lives. Shared by all wakers of a step.
struct WakeTarget {
  std::mutex mutex;
  Parker* parker = nullptr;  // null once the job is over
  std::atomic<bool> woken{false};

  void wake();
};

class StepContext final : public sh_context {
 public:
  StepContext(Job& job, const Step& step, uint32_t worker);
  ~StepContext() override;

  Job& job() { return job_; }
  const Step& step() const { return step_; }
  uint32_t worker() const { return worker_; }
  Out& out() { return out_; }
  WakeTarget& wake_target() { return *wake_target_; }
  void set_timers(TimerService* timers) { timers_ = timers; }
  // The epoch that what the step does next belongs to.
  void set_epoch(uint64_t epoch) { epoch_ = epoch; }
  uint64_t epoch_in_hand() const { return epoch_; }
  // The step's watermark has come to `us`, which may be kIdleWatermark. Returns what to pass on.
  int64_t move_watermark(int64_t us) {
    if (us == kIdleWatermark) return us;
    return watermark_us_ = std::max(watermark_us_, us);
  }
  // For the crash report: what runs when this step's code does.
  const char* label() const { return label_.c_str(); }

  // The job fails with this step's error. Always false.
  bool fail(std::string_view what, const sh_error& error);
  // Deals with one bad record by the step's on_error; false when the job fails.
  bool reject_record(const sh_record& record, std::string_view message);

  bool log_enabled(int32_t level) override;
  void log(int32_t level, sh_bytes message) override;
  sh_bytes step_id() override;
  uint32_t worker_index() override { return worker_; }
  uint32_t worker_count() override { return job_.workers(); }
  uint64_t epoch() override { return epoch_; }
  int64_t now_us() override { return job_.now_us(); }
  int64_t watermark_us() override { return watermark_us_; }
  bool has_event_time() override { return step_.event_time; }
  bool output_read(uint32_t port) override;
  sh_arena* arena_new(uint64_t size, uint8_t** bytes) override;
  sh_status reject(const sh_record* record, sh_bytes message) override;
  sh_status timer_set(void* state, int32_t clock, int64_t at_us, uint64_t tag) override;
  sh_status timer_clear(void* state, int32_t clock, uint64_t tag) override;
  void state_discard(void* state) override;
  sh_waker* waker() override;
  sh_status metric(int32_t kind, const char* name, const char* help, uint32_t* id) override;
  void metric_record(uint32_t id, double value) override;
  bool resumed() override { return job_.resumed(); }
  bool request_epoch() override { return job_.request_epoch() >= epoch_; }
  void crash_point(const char* name) override { job_.crash().pass(name); }

 private:
  Job& job_;
  const Step& step_;
  const uint32_t worker_;
  const std::string label_;
  Out out_;
  TimerService* timers_ = nullptr;
  std::atomic<uint64_t> epoch_{1};  // written by the worker alone
  int64_t watermark_us_ = kNoWatermark;
  std::shared_ptr<WakeTarget> wake_target_;
  uint64_t rejected_ = 0;
  uint32_t rejected_metric_ = UINT32_MAX;
};

// An sh_error ready to be filled.
inline sh_error fresh_error() {
  sh_error error{};
  error.struct_size = sizeof(error);
  return error;
}

// A component's object for one step on one worker, made and destroyed by the plugin. Its context
// must outlive it.
class Instance {
 public:
  // Creates it; what the plugin complains about comes back as kUsage (a wrong configuration) or
  // kFailed. [control]
  static Result<Instance> create(StepContext& context);
  Instance(Instance&& other) noexcept
      : context_(std::exchange(other.context_, nullptr)), self_(other.self_) {}
  Instance& operator=(Instance&&) = delete;
  ~Instance();

  void* self() const { return self_; }

 private:
  Instance(StepContext& context, void* self) : context_(&context), self_(self) {}
  StepContext* context_;  // null when moved from
  void* self_;
};

}  // namespace streamhost
