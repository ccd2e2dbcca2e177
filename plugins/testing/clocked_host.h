// A host for the tests of this folder: with a clock that the test moves, and keys of what is put
// out.
#pragma once

#include <deque>
#include <streamhost/sdk.hpp>
#include <string>
#include <vector>

#include "common/test_host.h"

namespace testing_plugin {

struct ClockedHost : plugin_common::TestHost {
  ClockedHost() : table_(*TestHost::context().host()) {
    table_.now_us = [](sh_context* ctx) { return of(ctx).now_us; };
    table_.epoch = [](sh_context* ctx) { return of(ctx).epoch; };
    table_.worker_index = [](sh_context* ctx) { return of(ctx).worker; };
    table_.worker_count = [](sh_context* ctx) { return of(ctx).workers; };
    table_.out_reserve = [](sh_out* out, uint32_t, uint32_t count, uint64_t bytes,
                            sh_span* span) -> sh_status {
      of(out).room_.assign(count, sh_record{});
      auto& bytes_of_call = of(out).memory_.emplace_back(bytes);
      *span = {of(out).room_.data(), bytes_of_call.data(), count, 0, bytes};
      return SH_OK;
    };
    table_.out_commit = [](sh_out* out, uint32_t, uint32_t count, uint64_t) -> sh_status {
      for (uint32_t i = 0; i < count; ++i) {
        const streamhost::Record r(of(out).room_[i]);
        of(out).records.push_back((r.has_key() ? std::string(r.key()) + "=" : "") +
                                  std::string(r.value()));
      }
      return SH_OK;
    };
  }
  streamhost::Context context() { return {&table_, TestHost::context().raw()}; }
  streamhost::Out out() { return {&table_, TestHost::out().raw()}; }

  // Polls once; what is put out is added to `records`.
  template <class Part>
  streamhost::Poll poll(Part& part, uint32_t budget = 1000) {
    streamhost::Out to = out();
    const streamhost::Poll result = part.poll(to, budget);
    to.flush();
    return result;
  }

  int64_t now_us = 1'000'000;
  uint64_t epoch = 1;
  uint32_t worker = 0, workers = 1;
  std::vector<std::string> records;  // "value", or "key=value"

 private:
  template <class Opaque>
  static ClockedHost& of(Opaque* opaque) {
    return static_cast<ClockedHost&>(*reinterpret_cast<TestHost*>(opaque));
  }
  sh_host table_;
  std::vector<sh_record> room_;
  std::deque<std::vector<uint8_t>> memory_;
};

// A batch of records that are values alone. The texts must outlive it.
class ValueBatch {
 public:
  explicit ValueBatch(const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      sh_record r{};
      r.key_len = SH_ABSENT;
      r.value = streamhost::to_bytes(value).ptr;
      r.value_len = static_cast<uint32_t>(value.size());
      r.event_time_us = SH_NO_TIME;
      records_.push_back(r);
    }
    batch_.struct_size = sizeof batch_;
    batch_.count = static_cast<uint32_t>(records_.size());
    batch_.records = records_.data();
  }
  streamhost::Batch get() const { return streamhost::Batch(batch_); }

 private:
  std::vector<sh_record> records_;
  sh_batch batch_{};
};

}  // namespace testing_plugin
