// A host for unit tests of components written as C++ classes: it keeps what they put out.
//
//   TestHost host;
//   host.options["path"] = {"a.txt"};
//   LinesSource source(host.context(), host.config());
//   auto part = source.open("a.txt", std::nullopt);
//   sh::Out out = host.out();
//   part->poll(out, 1024);
//   EXPECT_EQ(host.values, ...);
#pragma once

#include <streamhost/sdk.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test_options.h"

namespace plugin_common {

// A record that was put out, copied.
struct PutRecord {
  std::optional<std::string> key, value;
  int64_t event_time_us = SH_NO_TIME;
  std::vector<std::pair<std::string, std::string>> headers;
};

class TestHost {
 public:
  TestHost();
  ~TestHost();
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  streamhost::Context context();
  streamhost::Config config();
  streamhost::Out out();
  // What a part's snapshot() or prepare() writes.
  template <class Part>
  std::string snapshot(Part& part) {
    written.clear();
    streamhost::Writer writer = this->writer();
    part.snapshot(writer);
    return written;
  }
  template <class Part>
  std::string prepare(Part& part) {
    written.clear();
    streamhost::Writer writer = this->writer();
    part.prepare(1, writer);
    return written;
  }
  streamhost::Writer writer();
  // Gives back the arenas that put-out records would keep alive; until then they count as shared.
  void release_records();

  TestOptions options;
  bool event_time = false;  // what has_event_time() says
  // Room for this many records is given at a time, whatever is asked for.
  uint32_t span_records = UINT32_MAX;

  bool resumed = false;                        // what resumed() says
  std::vector<PutRecord> put_out;              // whole records
  std::vector<std::string> values;             // of the records put out, copied
  std::vector<std::string_view> views;         // the same where they lie, until release_records()
  std::vector<std::string> rejected, reasons;  // values and messages
  std::vector<std::string> logs;               // logged() while other threads may log
  std::vector<std::string> logged();
  std::map<std::string, std::vector<double>> metrics;  // what was recorded, by name
  std::atomic<int> epochs_requested{0};
  std::string written;
  std::atomic<int> wakes{0};
  int arenas_made = 0;

 private:
  struct Functions;
  std::unique_ptr<sh_host> table_;
  sh_writer writer_;
  std::vector<sh_record> span_records_;
  std::vector<uint8_t> span_bytes_;
  std::vector<sh_arena*> held_;
  std::vector<sh_external> adopted_;
  std::mutex mutex_;  // of logs and metrics
  std::vector<std::string> metric_names_;
};

}  // namespace plugin_common
