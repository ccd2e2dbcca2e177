// What stands behind the opaque types of the ABI: the interfaces that the engine implements, and
// the one table of function pointers that calls them. Names follow sh_host, where each call's
// contract is written.
#pragma once

#include <streamhost/abi.h>

#include <string>
#include <vector>

#include "base/arena.h"

struct sh_context {
  virtual ~sh_context() = default;
  virtual bool log_enabled(int32_t level) = 0;
  virtual void log(int32_t level, sh_bytes message) = 0;
  virtual sh_bytes step_id() = 0;
  virtual uint32_t worker_index() = 0;
  virtual uint32_t worker_count() = 0;
  virtual uint64_t epoch() = 0;
  virtual int64_t now_us() = 0;
  virtual int64_t watermark_us() = 0;
  virtual bool has_event_time() = 0;
  virtual bool output_read(uint32_t port) = 0;
  virtual sh_arena* arena_new(uint64_t size, uint8_t** bytes) = 0;
  virtual sh_status reject(const sh_record* record, sh_bytes message) = 0;
  virtual sh_status timer_set(void* state, int32_t clock, int64_t at_us, uint64_t tag) = 0;
  virtual sh_status timer_clear(void* state, int32_t clock, uint64_t tag) = 0;
  virtual void state_discard(void* state) = 0;
  virtual sh_waker* waker() = 0;
  virtual sh_status metric(int32_t kind, const char* name, const char* help, uint32_t* id) = 0;
  virtual void metric_record(uint32_t id, double value) = 0;
  virtual bool resumed() = 0;
  virtual bool request_epoch() = 0;
  virtual void crash_point(const char* name) = 0;
};

struct sh_out {
  virtual ~sh_out() = default;
  virtual sh_status reserve(uint32_t port, uint32_t records, uint64_t bytes, sh_span* span) = 0;
  virtual sh_status commit(uint32_t port, uint32_t records, uint64_t bytes) = 0;
  virtual sh_status forward(uint32_t port, const sh_record* records, uint32_t count) = 0;
  virtual sh_status attach(sh_arena* arena) = 0;
  virtual sh_status adopt(uint32_t port, const sh_record* records, uint32_t count,
                          sh_external memory) = 0;
};

// Reference-counted: the plugin's threads may hold it longer than the step lives.
struct sh_waker {
  virtual void wake() = 0;
  virtual void release() = 0;

 protected:
  ~sh_waker() = default;
};

namespace streamhost {

// Appends all writes to one buffer.
class BufferWriter final : public sh_writer {
 public:
  BufferWriter();
  BufferWriter(const BufferWriter&) = delete;
  BufferWriter& operator=(const BufferWriter&) = delete;
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

// Keeps each write apart.
class NamesWriter final : public sh_writer {
 public:
  NamesWriter();
  NamesWriter(const NamesWriter&) = delete;
  NamesWriter& operator=(const NamesWriter&) = delete;
  std::vector<std::string>& names() { return names_; }

 private:
  std::vector<std::string> names_;
};

// The host's side of the ABI; immutable, lives as long as the process.
const sh_host* host_table();

// The version that --version prints and sh_host.version says.
const char* host_version();

}  // namespace streamhost
