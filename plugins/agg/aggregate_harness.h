// Runs one aggregate of the plugin it is linked with in a test, by its name, as a window would.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/test_host.h"

namespace streamhost::agg {

struct TestRecord {
  std::optional<std::string> value;
  int64_t event_time_us = SH_NO_TIME;
};

// Records with these values.
inline std::vector<TestRecord> values(const std::vector<std::string>& texts) {
  std::vector<TestRecord> records;
  for (const std::string& text : texts) records.push_back({text});
  return records;
}

class AggregateHarness {
 public:
  using Options = std::map<std::string, std::vector<std::string>>;

  // Fails the test when there is no such component; `error` says why when it cannot be made.
  explicit AggregateHarness(const std::string& name, const Options& options = {}) {
    host_.options = options;
    for (uint32_t i = 0; i < streamhost_plugin.component_count; ++i) {
      if (name == streamhost_plugin.components[i]->name)
        component_ = streamhost_plugin.components[i];
    }
    if (component_ == nullptr) {
      ADD_FAILURE() << "no component " << name;
      return;
    }
    for (uint32_t i = 0; i < component_->option_count; ++i) {
      const sh_option* o = component_->options[i];
      if (o->default_text != nullptr) host_.options.try_emplace(o->name, 1, o->default_text);
    }
    error_.struct_size = sizeof error_;
    const sh_status made =
        component_->lifecycle->create(host_.context().host(), reinterpret_cast<sh_context*>(&host_),
                                      component_, host_.options.raw(), &self_, &error_);
    if (made < 0) error = error_.message;
  }
  ~AggregateHarness() {
    if (self_ != nullptr) component_->lifecycle->destroy(self_);
  }
  AggregateHarness(const AggregateHarness&) = delete;
  AggregateHarness& operator=(const AggregateHarness&) = delete;

  struct Drop {
    AggregateHarness* owner;
    void operator()(void* state) const {
      if (owner->table().drop != nullptr) owner->table().drop(owner->self_, state);
      std::free(state);
    }
  };
  // Must go before the harness does.
  using State = std::unique_ptr<void, Drop>;

  State state() {
    State s = memory();
    if (table().init != nullptr) {
      EXPECT_EQ(table().init(self_, s.get(), &error_), SH_OK);
    }
    return s;
  }
  State state_of(const std::vector<TestRecord>& records) {
    State s = state();
    EXPECT_EQ(add(s, records), SH_OK) << message();
    return s;
  }

  sh_status add(const State& state, const std::vector<TestRecord>& records) {
    return add_each(std::vector<void*>(records.size(), state.get()), records);
  }
  sh_status add_each(const std::vector<void*>& states, const std::vector<TestRecord>& records) {
    std::vector<sh_record> raw;
    for (const TestRecord& r : records) {
      sh_record record{};
      record.key_len = record.value_len = SH_ABSENT;
      record.event_time_us = r.event_time_us;
      if (r.value) {
        record.value = to_bytes(*r.value).ptr;
        record.value_len = static_cast<uint32_t>(r.value->size());
      }
      raw.push_back(record);
    }
    error_.flags = 0;
    return table().add(self_, states.data(), raw.data(), static_cast<uint32_t>(raw.size()),
                       &error_);
  }
  sh_status merge(const State& into, const State& from) {
    return table().merge(self_, into.get(), from.get(), &error_);
  }
  std::string finish(const State& state) {
    host_.written.clear();
    EXPECT_EQ(table().finish(self_, state.get(), writer(), &error_), SH_OK) << message();
    return host_.written;
  }
  std::string save(const State& state) {
    host_.written.clear();
    EXPECT_EQ(table().save(self_, state.get(), writer(), &error_), SH_OK) << message();
    return host_.written;
  }
  // Null when the bytes are refused.
  State restore(const std::string& saved, uint32_t version = 1) {
    State s = memory();
    status = table().restore(self_, version, to_bytes(saved), s.get(), &error_);
    if (status == SH_OK) return s;
    std::free(s.release());
    return s;
  }
  std::string result(const std::vector<std::string>& texts) {
    return finish(state_of(values(texts)));
  }

  const sh_aggregate& table() const { return *component_->aggregate; }
  void* self() const { return self_; }
  std::string message() const { return error_.message; }
  // The index of the bad record, if the last add() named one.
  std::optional<uint32_t> bad_record() const {
    if ((error_.flags & SH_ERR_RECORD) == 0) return std::nullopt;
    return error_.record;
  }

  std::string error;         // of create; empty when it went well
  sh_status status = SH_OK;  // of the last restore()

 private:
  State memory() {
    const size_t size = (table().state_size + size_t{63}) & ~size_t{63};
    void* bytes = std::aligned_alloc(64, size);
    std::memset(bytes, 0, size);
    return State(bytes, Drop{this});
  }
  sh_writer* writer() { return host_.writer().raw(); }

  plugin_common::TestHost host_;
  const sh_component* component_ = nullptr;
  void* self_ = nullptr;
  sh_error error_{};
};

}  // namespace streamhost::agg
