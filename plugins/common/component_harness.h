// Runs one operator of the plugin it is linked with in a test, without the host: one worker, one
// key table. For sources and sinks see test_host.h.
#pragma once

#include <gtest/gtest.h>
#include <streamhost/abi.h>

#include <algorithm>
#include <compare>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <streamhost/sdk/context.hpp>
#include <string>
#include <vector>

#include "test_options.h"

namespace plugin_common {

using streamhost::to_bytes;
using streamhost::to_view;

// A record with its own bytes.
struct TestRecord {
  std::optional<std::string> key;
  std::optional<std::string> value;
  int64_t event_time_us = SH_NO_TIME;
  std::vector<std::pair<std::string, std::string>> headers{};
  uint32_t port = 0;  // of an output: which one

  bool operator==(const TestRecord& o) const {
    return key == o.key && value == o.value && event_time_us == o.event_time_us &&
           headers == o.headers && port == o.port;
  }
  friend void PrintTo(const TestRecord& r, std::ostream* to) {
    *to << r.key.value_or("(no key)") << " = " << r.value.value_or("(no value)") << " @"
        << r.event_time_us;
    if (r.port != 0) *to << " port " << r.port;
  }
};

class ComponentHarness {
 public:
  // `options`: canonical text; `more`: those that are lists, tables or components. Fails the test
  // when there is no such component; `error` says why when it cannot be made.
  ComponentHarness(const std::string& name, const std::map<std::string, std::string>& options,
                   const TestOptions& more = {}, bool event_time = false)
      : options_(more), event_time_(event_time) {
    for (const auto& [option, value] : options) options_[option] = {value};
    fill_table();
    for (uint32_t i = 0; i < streamhost_plugin.component_count; ++i) {
      if (name == streamhost_plugin.components[i]->name)
        component_ = streamhost_plugin.components[i];
    }
    if (component_ == nullptr) {
      ADD_FAILURE() << "no component " << name;
      return;
    }
    options_.add_defaults(component_->options, component_->option_count);
    error_.struct_size = sizeof error_;
    const sh_status status = component_->lifecycle->create(&table_, context(), component_,
                                                           options_.raw(), &self_, &error_);
    if (status < 0) error = error_.message;
  }
  ~ComponentHarness() {
    while (!states_.empty()) forget(states_.begin()->first);
    if (self_ != nullptr) component_->lifecycle->destroy(self_);
  }
  ComponentHarness(const ComponentHarness&) = delete;
  ComponentHarness& operator=(const ComponentHarness&) = delete;

  const sh_keyed& keyed() const { return *component_->keyed; }

  // `port`: the input by which they come.
  sh_status process(const std::vector<TestRecord>& records, uint32_t port = 0) {
    std::vector<sh_record> raw;
    std::deque<std::vector<sh_header>> headers;
    std::vector<void*> states;
    for (const TestRecord& r : records) {
      sh_record s{};
      s.key_len = s.value_len = SH_ABSENT;
      s.event_time_us = r.event_time_us;
      s.key_hash = 77;
      if (r.key) set(*r.key, &s.key, &s.key_len);
      if (r.value) set(*r.value, &s.value, &s.value_len);
      auto& h = headers.emplace_back();
      for (const auto& [name, value] : r.headers) h.push_back({to_bytes(name), to_bytes(value)});
      s.headers = h.data();
      s.header_count = static_cast<uint32_t>(h.size());
      raw.push_back(s);
      if (component_->keyed != nullptr) states.push_back(state(r.key.value()));
    }
    sh_batch batch{};
    batch.struct_size = sizeof batch;
    batch.port = port;
    batch.count = static_cast<uint32_t>(raw.size());
    batch.records = raw.data();
    const sh_status status =
        component_->op != nullptr
            ? component_->op->process(self_, &batch, this_out(), &error_)
            : component_->keyed->process(self_, &batch, states.data(), this_out(), &error_);
    return finish_call(status);
  }
  // Moves the wall clock on, or back, and fires what is due by it.
  sh_status pass_time(int64_t us) {
    now_us_ += us;
    return fire(SH_CLOCK_SYSTEM, now_us_);
  }
  // Moves the step's watermark and fires what is due by it.
  sh_status move_watermark(int64_t to_us) {
    watermark_us_ = to_us;
    return fire(SH_CLOCK_EVENT, watermark_us_);
  }
  int64_t now_us() const { return now_us_; }
  sh_status end() {
    std::vector<sh_entry> entries;
    for (auto& [key, state] : states_) entries.push_back({state, to_bytes(key)});
    return finish_call(component_->keyed->on_end(
        self_, entries.data(), static_cast<uint32_t>(entries.size()), this_out(), &error_));
  }
  // Saves every state and makes it anew from the saved bytes.
  void save_and_restore() {
    for (auto& [key, state] : states_) {
      const std::string saved = bytes_of(key, state);
      void* fresh = allocate();
      if (keyed().restore != nullptr) {
        EXPECT_EQ(SH_OK, keyed().restore(self_, to_bytes(key), keyed().state_version,
                                         to_bytes(saved), fresh, &error_));
      } else {
        std::memcpy(fresh, saved.data(), saved.size());
      }
      std::map<Timer, int64_t> moved;
      for (const auto& [timer, at] : timers_) {
        moved[timer.state == state ? Timer{fresh, timer.clock, timer.tag} : timer] = at;
      }
      timers_ = std::move(moved);
      drop(state);
      state = fresh;
    }
  }
  // What save() writes for a key that is there.
  std::string saved(const std::string& key) { return bytes_of(key, states_.at(key)); }
  // Makes the state of a new key from these bytes; an error leaves no state, and message() says
  // why.
  sh_status restore(const std::string& key, const std::string& saved) {
    void* fresh = allocate();
    const sh_status status = keyed().restore(self_, to_bytes(key), keyed().state_version,
                                             to_bytes(saved), fresh, &error_);
    if (status < 0) {
      std::free(fresh);
    } else {
      states_[key] = fresh;
    }
    return status;
  }
  // Adds the states of another to these, as the host does after the exchange.
  void merge(ComponentHarness& other) {
    for (auto& [key, from] : other.states_) {
      EXPECT_EQ(SH_OK, keyed().merge(self_, to_bytes(key), state(key), from, &error_));
    }
  }
  size_t state_count() const { return states_.size(); }
  size_t timer_count() const { return timers_.size(); }
  // Timers that were set or moved so far.
  size_t timers_set() const { return timers_set_; }
  std::string message() const { return error_.message; }

  std::string error;  // of create; empty when it went well
  std::vector<TestRecord> out;
  std::vector<uint64_t> hashes;  // key_hash of each
  std::vector<std::string> rejected, logged;

 private:
  static ComponentHarness& of(void* opaque) { return *static_cast<ComponentHarness*>(opaque); }
  sh_context* context() { return reinterpret_cast<sh_context*>(this); }
  sh_out* this_out() { return reinterpret_cast<sh_out*>(this); }

  struct Timer {
    void* state;
    int32_t clock;
    uint64_t tag;
    auto operator<=>(const Timer&) const = default;
  };
  // As the host does: what is due, oldest first, at most one of each state in a call; then what is
  // due after that.
  sh_status fire(int32_t clock, int64_t now) {
    for (int rounds = 0; rounds < 100'000; ++rounds) {
      std::vector<sh_timer> due;
      for (const auto& [timer, at] : timers_) {
        if (timer.clock != clock || at > now) continue;
        due.push_back({timer.state, to_bytes(key_of(timer.state)), at, timer.tag, clock, 0});
      }
      if (due.empty()) return SH_OK;
      std::stable_sort(due.begin(), due.end(),
                       [](const sh_timer& a, const sh_timer& b) { return a.at_us < b.at_us; });
      std::set<void*> seen;
      const auto again = std::find_if(
          due.begin(), due.end(), [&](const sh_timer& t) { return !seen.insert(t.state).second; });
      due.erase(again, due.end());
      for (const sh_timer& t : due) timers_.erase({t.state, clock, t.tag});
      const sh_status status = finish_call(component_->keyed->on_timers(
          self_, due.data(), static_cast<uint32_t>(due.size()), this_out(), &error_));
      if (status < 0) return status;
    }
    ADD_FAILURE() << "timers are due again and again";
    return SH_E_INTERNAL;
  }

  static void set(const std::string& text, const uint8_t** ptr, uint32_t* len) {
    *ptr = to_bytes(text).ptr;
    *len = static_cast<uint32_t>(text.size());
  }
  static std::optional<std::string> copy(const uint8_t* ptr, uint32_t len) {
    if (len == SH_ABSENT) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(ptr), len);
  }
  void take(uint32_t port, const sh_record* records, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      const sh_record& r = records[i];
      TestRecord t{copy(r.key, r.key_len), copy(r.value, r.value_len), r.event_time_us};
      for (uint32_t h = 0; h < r.header_count; ++h) {
        t.headers.emplace_back(to_view(r.headers[h].name), to_view(r.headers[h].value));
      }
      t.port = port;
      out.push_back(std::move(t));
      hashes.push_back(r.key_hash);
    }
  }
  void* allocate() {
    void* state = std::aligned_alloc(64, (keyed().state_size + 63u) & ~63u);
    std::memset(state, 0, keyed().state_size);
    return state;
  }
  void* state(const std::string& key) {
    void*& at = states_[key];
    if (at == nullptr) {
      at = allocate();
      if (keyed().init != nullptr) keyed().init(self_, to_bytes(key), at, &error_);
    }
    return at;
  }
  std::string bytes_of(const std::string& key, void* state) {
    if (keyed().save == nullptr) return {static_cast<char*>(state), keyed().state_size};
    written_.clear();
    sh_writer writer = streamhost::writer_to(written_);
    EXPECT_EQ(SH_OK, keyed().save(self_, to_bytes(key), state, &writer, &error_));
    return written_;
  }
  void drop(void* state) {
    if (keyed().drop != nullptr) keyed().drop(self_, state);
    std::free(state);
  }
  const std::string& key_of(const void* state) const {
    for (const auto& [key, s] : states_) {
      if (s == state) return key;
    }
    throw std::logic_error("a timer for a state that is gone");
  }
  void forget(const std::string& key) {
    const auto at = states_.find(key);
    std::erase_if(timers_, [&](const auto& timer) { return timer.first.state == at->second; });
    drop(at->second);
    states_.erase(at);
  }
  sh_status finish_call(sh_status status) {
    for (void* state : discarded_) {
      const std::string key = key_of(state);
      forget(key);
    }
    discarded_.clear();
    span_records_.clear();
    span_bytes_.clear();
    return status;
  }
  void fill_table() {
    table_.struct_size = sizeof table_;
    TestOptions::fill(table_);
    table_.has_event_time = [](sh_context* c) -> int32_t { return of(c).event_time_; };
    table_.output_read = [](sh_context*, uint32_t) -> int32_t { return 1; };
    table_.epoch = [](sh_context*) -> uint64_t { return 3; };
    table_.worker_index = [](sh_context*) -> uint32_t { return 2; };
    table_.now_us = [](sh_context* c) { return of(c).now_us_; };
    table_.log_enabled = [](sh_context*, int32_t) { return 1; };
    table_.log = [](sh_context* c, int32_t, sh_bytes text) {
      of(c).logged.emplace_back(to_view(text));
    };
    table_.reject = [](sh_context* c, const sh_record*, sh_bytes why) -> sh_status {
      of(c).rejected.emplace_back(to_view(why));
      return SH_OK;
    };
    table_.out_reserve = [](sh_out* o, uint32_t, uint32_t records, uint64_t bytes,
                            sh_span* span) -> sh_status {
      // Filled with what must not be relied upon; every reservation lasts until the call is over.
      auto& r = of(o).span_records_.emplace_back(records);
      if (records != 0)
        std::memset(static_cast<void*>(r.data()), 0xA5, records * sizeof(sh_record));
      auto& b = of(o).span_bytes_.emplace_back(bytes, uint8_t{0xA5});
      *span = {r.data(), b.data(), records, 0, bytes};
      return SH_OK;
    };
    table_.out_commit = [](sh_out* o, uint32_t port, uint32_t records, uint64_t) -> sh_status {
      of(o).take(port, of(o).span_records_.back().data(), records);
      return SH_OK;
    };
    table_.out_forward = [](sh_out* o, uint32_t port, const sh_record* records,
                            uint32_t count) -> sh_status {
      of(o).take(port, records, count);
      return SH_OK;
    };
    table_.watermark_us = [](sh_context* c) { return of(c).watermark_us_; };
    table_.timer_set = [](sh_context* c, void* state, int32_t clock, int64_t at,
                          uint64_t tag) -> sh_status {
      of(c).timers_[{state, clock, tag}] = at;
      ++of(c).timers_set_;
      return SH_OK;
    };
    table_.timer_clear = [](sh_context* c, void* state, int32_t clock, uint64_t tag) -> sh_status {
      of(c).timers_.erase({state, clock, tag});
      return SH_OK;
    };
    table_.state_discard = [](sh_context* c, void* state) { of(c).discarded_.insert(state); };
  }

  sh_host table_{};
  const sh_component* component_ = nullptr;
  void* self_ = nullptr;
  sh_error error_{};
  TestOptions options_;
  bool event_time_;
  std::map<std::string, void*> states_;
  std::map<Timer, int64_t> timers_;
  size_t timers_set_ = 0;
  std::set<void*> discarded_;
  std::deque<std::vector<sh_record>> span_records_;
  std::deque<std::vector<uint8_t>> span_bytes_;
  std::string written_;
  int64_t now_us_ = 1'000'000'000;
  int64_t watermark_us_ = SH_NO_TIME;
};

}  // namespace plugin_common
