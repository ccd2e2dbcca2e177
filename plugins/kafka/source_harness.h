// For tests: runs kafka.source as the engine's worker would, on the thread of the test.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/test_host.h"
#include "source.h"
#include "test_cluster.h"

namespace kafka_plugin {

class SourceRun {
 public:
  explicit SourceRun(const std::string& brokers, std::vector<std::string> topics = {"t"}) {
    auto& o = host.options;
    o["brokers"] = {brokers};
    o["topics"] = std::move(topics);
    o["tail"] = {"false"};
    // Durations and sizes as the host gives them.
    o["discover"] = {"100000"};
    o["connect_timeout"] = {"10000000"};
    o["prefetch"] = {"67108864"};
    // Metadata anew often, and short waits, so that tests need not wait long.
    o.entries("properties") = {{"topic.metadata.refresh.interval.ms", "200"},
                               {"fetch.wait.max.ms", "20"},
                               {"reconnect.backoff.ms", "10"},
                               {"reconnect.backoff.max.ms", "100"},
                               {"fetch.error.backoff.ms", "20"}};
    static streamhost::Component component = source();
    static const sh_component* const raw = component.finish();
    o.add_defaults(raw->options, raw->option_count);
  }
  ~SourceRun() { stop(); }

  std::string& property(const std::string& name) {
    return host.options.entries("properties")[name];
  }

  void make() {
    if (!source_) source_ = std::make_unique<KafkaSource>(host.context(), host.config());
  }
  // Opens all partitions, those in `positions` where they were.
  void open(const std::map<std::string, std::string>& positions = {}) {
    make();
    for (const std::string& name : source_->partitions()) open_one(name, positions);
  }
  void open_one(const std::string& name, const std::map<std::string, std::string>& positions = {}) {
    const auto position = positions.find(name);
    parts[name] = source_->open(name, position == positions.end()
                                          ? std::nullopt
                                          : std::optional<std::string_view>(position->second));
  }
  // Asks for new partitions and polls each once. False: nothing was ready.
  bool poll_all() {
    bool more = false;
    host.written.clear();
    streamhost::Writer names = collector();
    source_->added(names);
    for (const std::string& name : std::exchange(added, {})) {
      if (!parts.contains(name)) open_one(name);
    }
    for (auto& [name, part] : parts) {
      if (ended[name]) continue;
      streamhost::Out out = host.out();
      const streamhost::Poll poll = part->poll(out, budget);
      ended[name] = poll.status == SH_END;
      more |= poll.status == SH_OK;
      ++polls;
    }
    return more;
  }
  // Polls whenever the worker is woken, until `done`; false when that takes too long.
  bool run_until(const std::function<bool()>& done,
                 std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    const auto until = std::chrono::steady_clock::now() + limit;
    for (;;) {
      const int wakes = host.wakes;
      const bool more = poll_all();
      if (release) host.release_records();
      if (done()) return true;
      if (more) continue;
      while (host.wakes == wakes) {
        if (done()) return true;
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
    }
  }
  bool run_to_end() {
    return run_until([&] {
      for (const auto& [name, part] : parts) {
        if (!ended[name]) return false;
      }
      return true;
    });
  }
  bool run_until_values(size_t count) {
    return run_until([&] { return host.values.size() >= count; });
  }
  bool run_until_logged(const std::string& text) {
    return run_until([&] { return logged(text) != 0; });
  }
  // What ends the job; empty when nothing does in time.
  std::string failure(std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    try {
      run_until([] { return false; }, limit);
    } catch (const streamhost::Error& e) {
      return e.what();
    }
    return "";
  }
  std::string position(const std::string& name) { return host.snapshot(*parts.at(name)); }
  std::map<std::string, std::string> positions() {
    std::map<std::string, std::string> all;
    for (const auto& [name, part] : parts) all[name] = position(name);
    return all;
  }
  // How many lines of the log have this in them.
  size_t logged(const std::string& text) {
    size_t n = 0;
    for (const std::string& line : host.logged()) n += line.find(text) != std::string::npos;
    return n;
  }
  void stop() {
    host.release_records();
    parts.clear();
    source_.reset();
  }

  plugin_common::TestHost host;
  std::map<std::string, std::unique_ptr<SourcePartition>> parts;
  std::map<std::string, bool> ended;
  std::vector<std::string> added;
  uint32_t budget = 256;
  bool release = false;  // what was put out, after each round
  uint64_t polls = 0;

 private:
  streamhost::Writer collector() {
    writer_ = {this, [](void* to, sh_bytes name) -> sh_status {
                 static_cast<SourceRun*>(to)->added.emplace_back(streamhost::to_view(name));
                 return SH_OK;
               }};
    return streamhost::Writer(&writer_);
  }
  std::unique_ptr<KafkaSource> source_;
  sh_writer writer_{};
};

}  // namespace kafka_plugin
