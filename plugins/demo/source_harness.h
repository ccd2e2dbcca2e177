// Polls one source component of this plugin in a test, without the host.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <streamhost/sdk.hpp>

namespace streamhost::demo {

template <class Source>
class SourceHarness {
 public:
  // `options`: canonical text, all that the component has no built-in default for.
  explicit SourceHarness(std::map<std::string, std::string> options)
      : options_(std::move(options)) {
    table_.struct_size = sizeof table_;
    table_.config_get = [](const sh_config* config, const char* name,
                           sh_bytes* value) -> sh_status {
      const auto& all = of(const_cast<sh_config*>(config)).options_;
      const auto found = all.find(name);
      if (found == all.end()) return SH_END;
      *value = to_bytes(found->second);
      return SH_OK;
    };
    table_.now_us = [](sh_context* ctx) { return of(ctx).now_us; };
    table_.out_reserve = [](sh_out* out, uint32_t, uint32_t records, uint64_t bytes,
                            sh_span* span) -> sh_status {
      SourceHarness& self = of(out);
      self.records_.resize(records);
      self.bytes_.push_back(std::make_unique<uint8_t[]>(bytes));
      *span = {self.records_.data(), self.bytes_.back().get(), records, 0, bytes};
      return SH_OK;
    };
    table_.out_commit = [](sh_out* out, uint32_t port, uint32_t records, uint64_t) -> sh_status {
      SourceHarness& self = of(out);
      for (uint32_t i = 0; i < records; ++i) {
        const Record r(self.records_[i]);
        self.ports[port].push_back(std::string(r.key()) + "=" + std::string(r.value()) + "@" +
                                   std::to_string(r.event_time().value_or(-1)));
      }
      return SH_OK;
    };
    source_ = std::make_unique<Source>(Context(&table_, opaque<sh_context>()),
                                       Config(&table_, opaque<sh_config>()));
  }

  Source& source() { return *source_; }
  // What one poll of the partition puts out, by port.
  Poll poll(typename Source::Partition& part, uint32_t budget) {
    ports.clear();
    Out out(&table_, opaque<sh_out>());
    const Poll result = part.poll(out, budget);
    out.flush();
    bytes_.clear();
    return result;
  }
  std::string position(typename Source::Partition& part) {
    std::string written;
    sh_writer writer = writer_to(written);
    Writer to(&writer);
    part.snapshot(to);
    return written;
  }
  // All records of a partition by the port `out`; every `budget` records it is closed and resumed
  // at its position (0: never).
  std::vector<std::string> all(const std::string& name, uint32_t budget) {
    std::vector<std::string> records;
    auto part = source_->open(name, std::nullopt);
    for (Poll last = Poll::more(); last.status != SH_END;) {
      last = poll(*part, budget == 0 ? 1000 : budget);
      records.insert(records.end(), ports[0].begin(), ports[0].end());
      if (budget != 0) part = source_->open(name, position(*part));
    }
    EXPECT_EQ(part->progress().done, part->progress().total);
    return records;
  }

  int64_t now_us = 1'000'000;
  std::map<uint32_t, std::vector<std::string>> ports;

 private:
  template <class Opaque>
  static SourceHarness& of(Opaque* pointer) {
    return *reinterpret_cast<SourceHarness*>(pointer);
  }
  template <class Opaque>
  Opaque* opaque() {
    return reinterpret_cast<Opaque*>(this);
  }

  std::map<std::string, std::string> options_;
  sh_host table_{};
  std::vector<sh_record> records_;
  std::vector<std::unique_ptr<uint8_t[]>> bytes_;  // of the running poll
  std::unique_ptr<Source> source_;
};

}  // namespace streamhost::demo
