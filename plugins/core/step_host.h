// A TestHost with a clock, metrics, and records kept by output: for steps that are no keyed ones.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/test_host.h"

namespace streamhost::core {

class StepHost : public plugin_common::TestHost {
 public:
  StepHost() : table_(*TestHost::context().host()) {
    table_.now_us = [](sh_context* c) { return of(c).now_us; };
    table_.metric = [](sh_context* c, int32_t, const char* name, const char*,
                       uint32_t* id) -> sh_status {
      of(c).names_.emplace_back(name);
      *id = static_cast<uint32_t>(of(c).names_.size() - 1);
      return SH_OK;
    };
    table_.metric_record = [](sh_context* c, uint32_t id, double value) {
      of(c).metrics[of(c).names_.at(id)] += value;
    };
    table_.out_reserve = [](sh_out* o, uint32_t, uint32_t records, uint64_t bytes,
                            sh_span* span) -> sh_status {
      StepHost& host = of(o);
      host.records_.assign(records, sh_record{});
      host.bytes_.emplace_back(bytes, uint8_t{0});
      *span = {host.records_.data(), host.bytes_.back().data(), records, 0, bytes};
      return SH_OK;
    };
    table_.out_commit = [](sh_out* o, uint32_t port, uint32_t records, uint64_t) -> sh_status {
      return of(o).take(port, of(o).records_.data(), records);
    };
    table_.out_forward = [](sh_out* o, uint32_t port, const sh_record* records,
                            uint32_t count) -> sh_status {
      return of(o).take(port, records, count);
    };
  }

  Context context() {
    return {&table_, reinterpret_cast<sh_context*>(static_cast<TestHost*>(this))};
  }

  // Runs `step` over records with these keys and values; a key that is "-" is absent.
  template <class Step>
  void process(Step& step, const std::vector<std::pair<std::string, std::string>>& texts) {
    std::vector<sh_record> records;
    for (const auto& [key, value] : texts) {
      sh_record r{};
      r.key = to_bytes(key).ptr;
      r.key_len = key == "-" ? SH_ABSENT : static_cast<uint32_t>(key.size());
      r.value = to_bytes(value).ptr;
      r.value_len = value == "(absent)" ? SH_ABSENT : static_cast<uint32_t>(value.size());
      r.event_time_us = SH_NO_TIME;
      records.push_back(r);
    }
    sh_batch batch{};
    batch.struct_size = sizeof batch;
    batch.records = records.data();
    batch.count = static_cast<uint32_t>(records.size());
    Out out(&table_, reinterpret_cast<sh_out*>(static_cast<TestHost*>(this)));
    step.process(Batch(batch), out);
    out.flush();
  }

  int64_t now_us = 1'000'000'000;
  std::map<uint32_t, std::vector<std::string>> ports;  // values by output
  std::map<std::string, double> metrics;

 private:
  template <class Opaque>
  static StepHost& of(Opaque* opaque) {
    return static_cast<StepHost&>(*reinterpret_cast<TestHost*>(opaque));
  }
  sh_status take(uint32_t port, const sh_record* records, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      const Record r(records[i]);
      ports[port].emplace_back(r.has_value() ? r.value() : "(absent)");
    }
    return SH_OK;
  }

  sh_host table_;
  std::vector<std::string> names_;
  std::vector<sh_record> records_;
  std::vector<std::vector<uint8_t>> bytes_;
};

}  // namespace streamhost::core
