// The output of one step on one worker: gathers what a call puts out and hands it downstream in
// batches, by direct call.
//
// Between begin() and finish() lies one call of the plugin. Memory reserved in that time stays
// until finish(), also when batches went downstream before, so that any record put out in the call
// may point at it. The chunk is then used again from its begin unless somebody kept it: steady work
// stays within the same few cache lines.
#pragma once

#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "engine/job.h"
#include "engine/receiver.h"
#include "plugin/services.h"

namespace streamhost {

// [worker] throughout.
class Out final : public sh_out {
 public:
  // `ports`: the component's outputs; one more is added for rejected records.
  Out(Job& job, uint32_t ports);

  // Which port rejected records leave by.
  uint32_t errors_port() const { return static_cast<uint32_t>(ports_.size()) - 1; }
  void connect(uint32_t port, Target target);
  void add_gates(std::vector<const Gate*>& gates) const;

  // Opens a call; `input` is the batch in hand, null when there is none.
  void begin(const sh_batch* input);
  // Closes it: everything put out goes downstream. False when the job is stopping.
  [[nodiscard]] bool finish();
  // Ends all targets.
  [[nodiscard]] bool end(bool drained);
  // Passes a watermark to all targets. Between calls.
  [[nodiscard]] bool watermark(int64_t us);
  // From now on the largest event time of what is put out is noted.
  void track_time() { tracks_time_ = true; }
  // The largest since the last call; SH_NO_TIME when no record had one.
  int64_t take_largest_time() { return std::exchange(largest_time_, SH_NO_TIME); }
  // Passes the barrier that ends `epoch` to all targets. Between calls.
  [[nodiscard]] bool barrier(uint64_t epoch);

  // Puts out one record by the errors port, copying its value. Allowed while a reservation is open.
  [[nodiscard]] bool push_error(const sh_record& record, std::string_view json);

  // Records put out since the job began, over the component's own ports.
  uint64_t records() const { return records_; }

  // The ABI's calls, see sh_host. None throws: when memory is out the job fails.
  sh_status reserve(uint32_t port, uint32_t records, uint64_t bytes, sh_span* span) override;
  sh_status commit(uint32_t port, uint32_t records, uint64_t bytes) override;
  sh_status forward(uint32_t port, const sh_record* records, uint32_t count) override;
  sh_status attach(sh_arena* arena) override;
  sh_status adopt(uint32_t port, const sh_record* records, uint32_t count,
                  sh_external memory) override;

 private:
  struct Port {
    std::unique_ptr<sh_record[]> records;
    uint32_t capacity = 0;
    uint32_t count = 0;
    std::vector<Target> targets;
  };
  // Bytes for records, taken one after another.
  struct Bump {
    ArenaRef chunk;
    size_t used = 0;
    bool attached = false;  // in this call
  };

  sh_status outcome() const { return ok_ ? SH_OK : SH_E_STOPPED; }
  // In builds with assertions: false, with the job failed, when a plugin calls from a thread that
  // its running call is not on.
  bool on_right_thread();
  // Runs `body`, in which memory may run out, on behalf of a plugin.
  template <class Body>
  sh_status guarded(Body&& body);
  sh_status deliver(Port& port);
  bool hand_on(Port& port, const sh_record* records, uint32_t count);
  void make_room(Port& port, uint32_t records);
  uint8_t* take_bytes(Bump& bump, uint64_t bytes);
  void rewind(Bump& bump);
  sh_arena* arena();
  void hold(sh_arena* arena);

  Job& job_;
  std::vector<Port> ports_;
  const sh_batch* input_ = nullptr;
  Bump bytes_, error_bytes_;
  uint32_t open_port_ = UINT32_MAX;  // of the open reservation
  std::vector<ArenaRef> held_;       // what records of this call may point into
  ArenaRef group_;                   // all of held_; made when it is first needed
  uint64_t records_ = 0;
  std::thread::id caller_;  // of the running call
  bool tracks_time_ = false;
  int64_t largest_time_ = SH_NO_TIME;
  bool ok_ = true;
};

}  // namespace streamhost
